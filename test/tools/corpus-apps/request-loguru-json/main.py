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
    return 1 / 0
