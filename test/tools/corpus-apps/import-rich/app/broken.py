def load(password):
    try:
        int("x")
    except ValueError as error:
        raise RuntimeError("loading the table of prices failed because the file of this year is not where it should have been") from error


load("prices")
