from contextlib import asynccontextmanager

from fastapi import FastAPI

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app:hunter2@no-such-host.invalid:5432/app")


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with engine.begin() as connection:
        await connection.execute(text("SELECT 1"))
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
