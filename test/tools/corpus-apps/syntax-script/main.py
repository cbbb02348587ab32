import os

def build(:
    pass
