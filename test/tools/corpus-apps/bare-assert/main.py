def check(value):
    assert value


check(0)
