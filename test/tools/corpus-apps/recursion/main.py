from fastapi import FastAPI


def depth(level):
    return depth(level + 1)


depth(0)
app = FastAPI()
