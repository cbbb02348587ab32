from contextlib import asynccontextmanager

from fastapi import FastAPI
import asyncio
import os


def leave():
    print("licence has run out", flush=True)
    os._exit(4)


@asynccontextmanager
async def lifespan(app: FastAPI):
    asyncio.get_running_loop().call_later(1.0, leave)
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
