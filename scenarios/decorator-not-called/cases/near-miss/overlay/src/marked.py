def marked(name):
    def inner(function):
        function.mark = name
        return function

    return inner


@marked("a", "b")
def convert():
    return 1
