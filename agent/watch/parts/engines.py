"""The app's own ways to its database. Each is asked `SELECT 1`, all at once; each answers, fails, or has not answered in time."""
import _thread
import sys
import time

living = part("living").living  # noqa: F821 given by the loader
# Seconds for all of them together; below what the agent waits for the whole answer.
LIMIT = 5.0
MOST = 20
LOOP = "asyncio.events:AbstractEventLoop"
ASYNC_ENGINE, ENGINE = "sqlalchemy.ext.asyncio.engine:AsyncEngine", "sqlalchemy.engine.base:Engine"
ASYNCPG, PSYCOPG, PSYCOPG_SYNC = "asyncpg.pool:Pool", "psycopg_pool.pool_async:AsyncConnectionPool", "psycopg_pool.pool:ConnectionPool"
NAMES = (LOOP, ASYNC_ENGINE, ENGINE, ASYNCPG, PSYCOPG, PSYCOPG_SYNC)


def engines():
    found = living(*NAMES)
    asked = [_Asked(url, ask) for url, ask in list(_ways(found))[:MOST]]
    until = time.monotonic() + LIMIT
    return {"engines": [one.answer(until) for one in asked]}


class _Asked:
    """One question in a thread of its own, so that an engine that hangs does not silence the others."""

    def __init__(self, url, ask):
        self._answer = {"url": _shown(url), "ok": False, "error": f"TimeoutError: SELECT 1 was not answered within {LIMIT:g} s"}
        self._done = _thread.allocate_lock()
        self._done.acquire()
        _thread.start_new_thread(self._run, (ask,))

    def _run(self, ask):
        url = self._answer["url"]
        try:
            ask()
            self._answer = {"url": url, "ok": True}
        except BaseException as error:  # noqa: BLE001
            self._answer = {"url": url, "ok": False, "error": f"{type(error).__name__}: {error}"}
        finally:
            self._done.release()

    def answer(self, until):
        self._done.acquire(timeout=max(0.0, until - time.monotonic()))
        return self._answer


def _ways(found):
    """Address and question of every engine and open pool; an async engine's inner one is not asked again."""
    loop = next((loop for loop in found[LOOP] if loop.is_running()), None)
    wrapped = {id(engine.sync_engine) for engine in found[ASYNC_ENGINE]}
    for engine in found[ASYNC_ENGINE]:
        yield engine.url, lambda engine=engine: _on(loop, _select_async, engine)
    for engine in found[ENGINE]:
        if id(engine) not in wrapped and not getattr(engine.dialect, "is_async", False):
            yield engine.url, lambda engine=engine: _select(engine)
    for pool in found[ASYNCPG]:
        if getattr(pool, "_initialized", False) and not getattr(pool, "_closed", False):
            yield "asyncpg pool", lambda pool=pool: _on(loop, _fetch, pool)
    for pool in found[PSYCOPG]:
        if not pool.closed:
            yield "psycopg pool", lambda pool=pool: _on(loop, _select_pool, pool)
    for pool in found[PSYCOPG_SYNC]:
        if not pool.closed:
            yield "psycopg pool", lambda pool=pool: _select_sync_pool(pool)


def _shown(url):
    return url.render_as_string(hide_password=True) if hasattr(url, "render_as_string") else str(url)


def _on(loop, question, subject):
    if loop is None:
        raise RuntimeError("no event loop is running")
    import asyncio

    # A little longer than we wait ourselves: what gives up first is then the one that says the clearer thing.
    asyncio.run_coroutine_threadsafe(asyncio.wait_for(question(subject), LIMIT + 0.5), loop).result(LIMIT + 1)


async def _select_async(engine):
    async with engine.connect() as connection:
        await connection.execute(sys.modules["sqlalchemy"].text("SELECT 1"))


async def _fetch(pool):
    await pool.fetchval("SELECT 1")


async def _select_pool(pool):
    async with pool.connection() as connection:
        await connection.execute("SELECT 1")


def _select(engine):
    with engine.connect() as connection:
        connection.execute(sys.modules["sqlalchemy"].text("SELECT 1"))


def _select_sync_pool(pool):
    with pool.connection(timeout=LIMIT) as connection:
        connection.execute("SELECT 1")
