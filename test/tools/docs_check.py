"""Tests what docs/research.md says about real packages. `python3 docs_check.py NEW OLD` prints {number: [holds, what was seen]} as JSON.

NEW and OLD are folders that uv filled: the newest releases, and the same with SQLAlchemy below 2.1. Each statement runs in a process of its own.
"""
from __future__ import annotations

import json
import subprocess
import sys

LIFESPAN = """
import asyncio, io, logging, contextlib, uvicorn
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise RuntimeError("broken")
    raise RuntimeError("broken too")
said = io.StringIO()
logging.basicConfig(stream=said, force=True)
async def run(mode):
    server = uvicorn.Server(uvicorn.Config(app, lifespan=mode, port=0, log_config=None, log_level="info"))
    config = server.config
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.lifespan.startup()
    return server.lifespan.should_exit
print(asyncio.run(run("auto")), asyncio.run(run("on")))
"""

# number → (which folder, code that prints what is to be seen, what it must print)
STATEMENTS = {
    "1": ("new", """
from sqlalchemy.ext.asyncio import create_async_engine
try: create_async_engine("postgresql+psycopg2://a:b@localhost/c")
except Exception as error: print(str(error).split(".")[0])
""", "The asyncio extension requires an async driver to be used"),
    "3": ("new", """
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
url = "postgresql+psycopg://a:b@localhost/c"
print(type(create_engine(url)).__name__, type(create_async_engine(url)).__name__)
""", "Engine AsyncEngine"),
    "4": ("both", """
from sqlalchemy.engine import make_url
print(make_url("postgresql://a:b@localhost/c").get_dialect().driver)
""", "psycopg psycopg2"),
    "5": ("new", """
import asyncpg, inspect
names = inspect.signature(asyncpg.connect).parameters
print("sslmode" in names, "ssl" in names)
""", "False True"),
    "6": ("new", """
import sqlmodel.ext.asyncio.session as session
print(hasattr(session, "AsyncSession"), hasattr(session.AsyncSession, "exec"), hasattr(session, "AsyncEngine"))
""", "True True False"),
    "7": ("new", """
import sqlalchemy, sqlmodel
engine = sqlmodel.create_engine("sqlite://")
print(sqlmodel.create_engine is sqlalchemy.create_engine, hasattr(engine.begin(), "__aenter__"))
""", "True False"),
    "8": ("new", """
import sqlalchemy.ext.asyncio as half
print(all(hasattr(half, name) for name in ("AsyncEngine", "create_async_engine", "async_sessionmaker")))
""", "True"),
    "9": ("new", """
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker
engine = create_async_engine("postgresql+asyncpg://a:b@localhost/c")
made = [sessionmaker(engine)(), async_sessionmaker(engine)(), sessionmaker(engine, class_=AsyncSession)()]
print(*[hasattr(session, "__aenter__") for session in made])
""", "False True True"),
    "10": ("both", """
from importlib.metadata import requires
lines = [line for line in requires("sqlalchemy") if "greenlet" in line]
print(any("extra ==" not in line for line in lines), end="")
""", "False True"),
    "11": ("new", """
import warnings
from fastapi import FastAPI
from starlette.applications import Starlette
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    FastAPI().on_event("startup")(lambda: None)
print(hasattr(Starlette, "add_event_handler"), hasattr(Starlette, "on_event"), any(w.category is DeprecationWarning for w in seen))
""", "False False True"),
    "12": ("new", LIFESPAN, "False True"),
    "13": ("new", """
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncConnection
print(hasattr(AsyncEngine, "_run_ddl_visitor"), hasattr(AsyncConnection, "run_sync"))
""", "False True"),
}


def seen(folder: str, code: str) -> str:
    # A module path of our own, and nothing of this machine's besides.
    start = f"import sys; sys.path.insert(0, {folder!r})\n"
    ran = subprocess.run([sys.executable, "-I", "-c", start + code], capture_output=True, text=True, timeout=60)
    return ran.stdout.strip() or (ran.stderr.strip().splitlines() or [""])[-1]


if __name__ == "__main__":
    folders = {"new": sys.argv[1], "old": sys.argv[2]}
    answers = {}
    for number, (which, code, wanted) in STATEMENTS.items():
        got = " ".join(seen(folders[name], code) for name in (("new", "old") if which == "both" else (which,)))
        answers[number] = [got.startswith(wanted), got]
    print(json.dumps({"python": ".".join(map(str, sys.version_info[:3])), "statements": answers}))
