from contextlib import asynccontextmanager

from fastapi import FastAPI
import asyncio
import gc
import logging
import threading
import warnings


async def fail():
    raise ValueError("background work failed")


@asynccontextmanager
async def lifespan(app: FastAPI):
    asyncio.create_task(fail())
    threading.Thread(target=lambda: 1 / 0).start()
    warnings.warn("careful with errors", RuntimeWarning)
    asyncio.sleep(0)
    logging.getLogger("app").error("cache is not there, going on without")
    await asyncio.sleep(0.1)
    gc.collect()
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
