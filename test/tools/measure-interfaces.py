"""Measures what only running code tells: `python3.14 test/tools/measure-interfaces.py > harness/audit/interface-facts.json`.

Names of the standard library's modules, of packages that give out their names on demand, and the parameters of the callables that backends
call while they load. Run it with the measured Python, where the newest fastapi, sqlalchemy, pydantic and httpx are installed.
"""
from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
import pkgutil
import platform
import re
import sys
import warnings

warnings.simplefilter("ignore")

STDLIB = """abc argparse array ast asyncio atexit base64 bisect calendar collections collections.abc configparser contextlib contextvars copy csv dataclasses datetime decimal
difflib email enum errno fnmatch fractions functools gc getpass glob gzip hashlib heapq hmac html http importlib inspect io ipaddress itertools json keyword locale logging
logging.config logging.handlers math mimetypes multiprocessing numbers operator os os.path pathlib pickle platform pprint queue random re secrets select shlex shutil signal smtplib
socket sqlite3 ssl stat statistics string struct subprocess sys tempfile textwrap threading time timeit tomllib traceback types typing unicodedata unittest unittest.mock urllib urllib.parse
urllib.request uuid warnings weakref xml zipfile zlib zoneinfo concurrent.futures email.message email.mime.text email.mime.multipart""".split()
# They give out names on demand, so their syntax does not tell.
ON_DEMAND = {"pydantic": ["pydantic"]}
CALLABLES = {
    "fastapi": ["fastapi.FastAPI", "fastapi.APIRouter", "fastapi.HTTPException", "fastapi.Depends", "fastapi.security.OAuth2PasswordBearer", "fastapi.security.HTTPBearer", "fastapi.security.APIKeyHeader"],
    "starlette": ["starlette.applications.Starlette"],
    "httpx": ["httpx.AsyncClient", "httpx.Client"],
}


def names(module: str) -> str:
    loaded = importlib.import_module(module)
    below = [each.name for each in pkgutil.iter_modules(loaded.__path__)] if hasattr(loaded, "__path__") else []
    return " ".join(sorted({name for name in [*dir(loaded), *below] if not (name.startswith("__") and name.endswith("__"))}))


def parameters(dotted: str) -> dict:
    module, name = dotted.rsplit(".", 1)
    target = getattr(importlib.import_module(module), name)
    taken = [each for each in inspect.signature(target).parameters.values() if each.name != "self"]
    shown = f"{name}.__init__" if inspect.isclass(target) else name
    plain = [each.name for each in taken if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)]
    return {"name": shown, "module": module, "parameters": " ".join(plain), "open": any(each.kind is each.VAR_KEYWORD for each in taken)}


def engine_arguments() -> str:
    """Everything that create_engine hands on to the dialects of Postgres and SQLite, to their pools and to the engine."""
    from sqlalchemy import create_engine, pool, util
    from sqlalchemy.dialects.postgresql import asyncpg, psycopg, psycopg2
    from sqlalchemy.dialects.sqlite import aiosqlite, pysqlite
    from sqlalchemy.engine import base

    classes = [asyncpg.dialect, psycopg.dialect, psycopg.dialect_async, psycopg2.dialect, pysqlite.dialect, aiosqlite.dialect, base.Engine, pool.QueuePool, pool.AsyncAdaptedQueuePool, pool.NullPool, pool.StaticPool]
    found = {name for each in classes for name in util.get_cls_kwargs(each)}
    # Those that create_engine takes out itself stand in its description, and under the names it gives them in its source.
    module = inspect.getsource(sys.modules[create_engine.__module__])
    found |= set(re.findall(r":param (\w+):", module)) | set(re.findall(r"\"(\w*pool\w*)\"", module)) | {"url", "bind", "future", "strategy"}
    return " ".join(sorted(found))


def measured() -> dict:
    packages = {}
    for distribution in sorted({*ON_DEMAND, *CALLABLES, "sqlalchemy"}):
        packages[distribution] = {
            "version": importlib.metadata.version(distribution),
            "names": {module: names(module) for module in ON_DEMAND.get(distribution, [])},
            "callables": [parameters(each) for each in CALLABLES.get(distribution, [])],
            **({"engine": engine_arguments()} if distribution == "sqlalchemy" else {}),
        }
    return {"python": ".".join(platform.python_version_tuple()[:2]), "stdlib": {module: names(module) for module in STDLIB}, "packages": packages}


if __name__ == "__main__":
    print(json.dumps(measured(), indent=1))
