import structlog

log = structlog.get_logger()
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    try:
        int("x")
    except ValueError:
        log.exception("seed skipped", table="users")
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
