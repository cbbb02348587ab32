import sys

sys.exit("set the licence first")
