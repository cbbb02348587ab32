DEFAULT = "metre"


def label() -> str:
    return DEFAULT()
