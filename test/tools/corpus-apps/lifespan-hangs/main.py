from contextlib import asynccontextmanager

from fastapi import FastAPI
import asyncio


@asynccontextmanager
async def lifespan(app: FastAPI):
    await asyncio.Event().wait()
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
