clas App:
    pass
