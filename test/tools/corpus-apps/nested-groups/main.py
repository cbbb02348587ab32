def inner():
    try:
        raise KeyError("one")
    except KeyError as error:
        raise ExceptionGroup("inner", [error, ValueError("two\nsecond line")]) from error


try:
    inner()
except ExceptionGroup as group:
    raise ExceptionGroup("outer", [group, TypeError("three")])
