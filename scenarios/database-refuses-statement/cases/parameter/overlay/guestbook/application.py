import asyncpg
from quart import Quart, request

from guestbook import config

app = Quart(__name__)
app.secret_key = config.SECRET_KEY


@app.before_serving
async def connect() -> None:
    app.pool = await asyncpg.create_pool(config.DATABASE_URL, min_size=1, max_size=config.POOL_SIZE)
    await app.pool.execute("CREATE TABLE IF NOT EXISTS entries (id serial PRIMARY KEY, name text NOT NULL, words text NOT NULL)")
    await app.pool.execute("CREATE TABLE IF NOT EXISTS pages (size integer NOT NULL)")
    await app.pool.execute("INSERT INTO pages (size) VALUES ($1)", str(config.POOL_SIZE))


@app.after_serving
async def disconnect() -> None:
    await app.pool.close()


@app.get("/ping")
async def ping():
    return {"pong": await app.pool.fetchval("SELECT 1")}


@app.get("/entries")
async def entries():
    return [dict(row) for row in await app.pool.fetch("SELECT name, words FROM entries ORDER BY id")]


@app.post("/entries")
async def sign():
    entry = await request.get_json()
    await app.pool.execute("INSERT INTO entries (name, words) VALUES ($1, $2)", entry["name"], entry["words"])
    return {"saved": True}, 201
