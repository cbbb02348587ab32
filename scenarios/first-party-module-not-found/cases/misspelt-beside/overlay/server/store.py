from pathlib import Path

from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from cnofig import CONNINFO, POOL_MAX

pool = AsyncConnectionPool(CONNINFO, min_size=1, max_size=POOL_MAX, open=False, kwargs={"row_factory": dict_row})


async def apply_schema() -> None:
    schema = (Path(__file__).parent / "schema.sql").read_text()
    async with pool.connection() as connection:
        await connection.execute(schema)


async def target_of(slug: str) -> str | None:
    async with pool.connection() as connection:
        cursor = await connection.execute("UPDATE links SET visits = visits + 1 WHERE slug = %s RETURNING target", (slug,))
        row = await cursor.fetchone()
        return None if row is None else row["target"]


async def save(slug: str, target: str) -> None:
    async with pool.connection() as connection:
        await connection.execute("INSERT INTO links (slug, target) VALUES (%s, %s)", (slug, target))


async def most_visited() -> list[dict]:
    async with pool.connection() as connection:
        cursor = await connection.execute("SELECT slug, visits FROM links ORDER BY visits DESC LIMIT 10")
        return await cursor.fetchall()
