import structlog

structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()])
log = structlog.get_logger()
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    try:
        try:
            int("x")
        except ValueError as error:
            raise RuntimeError("counting failed") from error
    except RuntimeError:
        log.exception("seed skipped")
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
