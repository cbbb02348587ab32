class Outer:
    class Inner(Exception):
        pass
