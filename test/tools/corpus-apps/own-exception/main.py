from errors import Outer


class Local(Outer.Inner):
    pass


raise Local("nested class")
