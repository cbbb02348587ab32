from contextlib import asynccontextmanager

from fastapi import FastAPI

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app:hunter2@127.0.0.1:5999/app")
import asyncio
import logging


@asynccontextmanager
async def lifespan(app: FastAPI):
    for attempt in range(2):
        try:
            async with engine.begin() as connection:
                await connection.execute(text("SELECT 1"))
        except OSError:
            logging.getLogger("app").exception("attempt %d", attempt)
            await asyncio.sleep(0.1)
    raise RuntimeError("the database never came up")
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
