def build():
    return [1, 2


value = 1
