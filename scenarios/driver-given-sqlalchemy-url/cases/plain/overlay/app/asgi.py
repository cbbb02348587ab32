import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from litestar import Litestar, get, post
from litestar.datastructures import State

DATABASE_URL = os.getenv("TAGS_DATABASE_URL", "postgresql+asyncpg://tags:tags@localhost:5433/tags")


@asynccontextmanager
async def database(app: Litestar) -> AsyncIterator[None]:
    async with asyncpg.create_pool(DATABASE_URL, min_size=1, max_size=4) as pool:
        await pool.execute("CREATE TABLE IF NOT EXISTS tags (name text PRIMARY KEY)")
        app.state.pool = pool
        yield


@get("/api/health")
async def health(state: State) -> dict[str, str]:
    await state.pool.fetchval("SELECT 1")
    return {"status": "ok"}


@get("/tags")
async def list_tags(state: State) -> list[str]:
    return [row["name"] for row in await state.pool.fetch("SELECT name FROM tags ORDER BY name")]


@post("/tags/{name:str}")
async def add_tag(state: State, name: str) -> dict[str, str]:
    await state.pool.execute("INSERT INTO tags (name) VALUES ($1) ON CONFLICT DO NOTHING", name)
    return {"name": name}


def create_app() -> Litestar:
    return Litestar(route_handlers=[health, list_tags, add_tag], lifespan=[database])
