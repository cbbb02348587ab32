from contextlib import asynccontextmanager

import asyncio
import os
import signal

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    pass
    asyncio.get_running_loop().call_later(0.8, os.kill, os.getpid(), signal.SIGTERM)
    yield
    raise RuntimeError("could not close")


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
