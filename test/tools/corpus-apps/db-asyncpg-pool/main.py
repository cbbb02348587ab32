from contextlib import asynccontextmanager

from fastapi import FastAPI
import asyncpg


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.pool = await asyncpg.create_pool("postgresql://app:hunter2@127.0.0.1:55439/app", timeout=5)
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
