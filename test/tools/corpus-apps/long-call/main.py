from fastapi import FastAPI


def build(**options):
    raise ValueError(
        "options do not fit: "
        + ", ".join(options)
    )


app = build(
    one=1,
    two=2,
    three=[
        1,
        2,
        3,
        4,
        5,
    ],
    four={
        "a": 1,
        "b": 2,
    },
)
