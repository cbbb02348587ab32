import logs
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    pass
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    password = "hunter2"
    return check(password)


def check(value):
    return value / 2
