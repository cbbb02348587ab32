def load():
    error = ValueError("bad table")
    error.add_note("while reading prices.csv")
    error.add_note("row 12 of 40")
    raise error


load()
