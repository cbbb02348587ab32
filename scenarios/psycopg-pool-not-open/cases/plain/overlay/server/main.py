from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from fastapi.responses import RedirectResponse

import store


@asynccontextmanager
async def lifespan(app: FastAPI):
    await store.apply_schema()
    yield
    await store.pool.close()


app = FastAPI(title="Links", lifespan=lifespan)


@app.get("/live")
async def live():
    async with store.pool.connection() as connection:
        await connection.execute("SELECT 1")
    return {"live": True}


@app.get("/top")
async def top():
    return await store.most_visited()


@app.post("/links/{slug}", status_code=201)
async def create(slug: str, target: str):
    await store.save(slug, target)
    return {"slug": slug}


@app.get("/to/{slug}")
async def follow(slug: str):
    target = await store.target_of(slug)
    if target is None:
        raise HTTPException(404)
    return RedirectResponse(target)
