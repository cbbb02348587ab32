from contextlib import asynccontextmanager

from fastapi import FastAPI
import asyncio


async def warm_cache():
    await asyncio.sleep(0)
    raise ValueError("cache is cold")


async def connect():
    await asyncio.sleep(0)
    try:
        raise OSError("line is dead")
    except OSError as error:
        raise RuntimeError("no connection") from error


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with asyncio.TaskGroup() as group:
        group.create_task(warm_cache())
        group.create_task(connect())
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
