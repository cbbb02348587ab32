"""The watch: a thread in the app's own process that answers the agent's questions, and otherwise sleeps in a read.

Loaded by the interpreter before the app because its folder is first on PYTHONPATH. Rules it lives by: it never changes what the app
does, never raises into it, imports nothing before it is asked, leaves no trace for child processes, and then loads the `sitecustomize`
that the environment has itself. Questions are words, one a line; each answer is one JSON object with the question in `answer`.
"""
import os as _os
import sys as _sys


def _chain():
    """Gives way to another sitecustomize further down the path, as if this one were not there."""
    here = _os.path.dirname(_os.path.abspath(__file__))
    _sys.path[:] = [entry for entry in _sys.path if _os.path.abspath(entry or ".") != here]
    rest = [entry for entry in _os.environ.get("PYTHONPATH", "").split(_os.pathsep) if entry and _os.path.abspath(entry) != here]
    if rest:
        _os.environ["PYTHONPATH"] = _os.pathsep.join(rest)
    else:
        _os.environ.pop("PYTHONPATH", None)
    import importlib.machinery

    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", _sys.path)
    if spec is not None and spec.loader is not None:
        import importlib.util

        module = importlib.util.module_from_spec(spec)
        _sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


def _start():
    fd = int(_os.environ.pop("BOOT_CHECK_WATCH", "-1"))
    if fd < 0:
        return
    _os.set_inheritable(fd, False)
    import _thread

    _thread.start_new_thread(_listen, (fd,))


def _listen(fd):
    buffer = b""
    while True:
        try:
            data = _os.read(fd, 4096)
        except OSError:
            return
        if not data:
            return
        buffer += data
        while b"\n" in buffer:
            line, _, buffer = buffer.partition(b"\n")
            try:
                _answer(fd, line.decode())
            except BaseException:  # noqa: BLE001 the app must not notice
                pass


def _answer(fd, question):
    import json

    answer = {"answer": question}
    part = {"report": _report, "engines": _engines, "dump": _dump}.get(question)
    if part is not None:
        try:
            answer.update(part())
        except Exception as error:  # noqa: BLE001
            answer["failed"] = repr(error)[:500]
    data = json.dumps(answer, default=str).encode() + b"\n"
    while data:
        data = data[_os.write(fd, data):]


def _living(*names):
    """Objects of the classes `module:Class` that the app has loaded, by name, from one pass over all objects.

    Looks at real types only: proxies run code when they are asked what they are.
    """
    import gc

    classes = {}
    for name in names:
        module, _, attribute = name.partition(":")
        value = getattr(_sys.modules.get(module), attribute, None)
        if isinstance(value, type):
            classes[name] = value
    found, matches = {name: [] for name in names}, {}
    for item in gc.get_objects() if classes else ():
        kind = type(item)
        fits = matches.get(kind)
        if fits is None:
            fits = matches[kind] = [name for name, wanted in classes.items() if issubclass(kind, wanted)]
        for name in fits:
            found[name].append(item)
    return found


# --- routes and tables


CONFIG, METADATA = "uvicorn.config:Config", "sqlalchemy.sql.schema:MetaData"
APPS = ("starlette.applications:Starlette", "litestar.app:Litestar", "quart.app:Quart")


def _report():
    living = _living(CONFIG, METADATA, *APPS)
    app = _app(living)
    routes = []
    try:
        if app is not None:
            _routes(app, "", routes, set(), 0)
    except Exception:  # noqa: BLE001 what was found so far still helps
        pass
    return {"imported": app is not None, "routes": routes, "tables": _tables(living[METADATA])}


def _app(living):
    for config in living[CONFIG]:
        app = getattr(config, "loaded_app", None)
        if app is not None:
            return app
    apps = [app for name in APPS for app in living[name]]
    return apps[0] if len(apps) == 1 else None


def _routes(app, prefix, out, seen, depth):
    """Collects `{path, methods}`. Wrappers (middleware) are opened by their `app`."""
    if app is None or depth > 20 or id(app) in seen or len(out) > 3000:
        return
    seen = seen | {id(app)}
    if "litestar.app" in _sys.modules and type(app).__module__.startswith("litestar"):
        return _litestar_routes(app, prefix, out)
    if getattr(app, "url_map", None) is not None:
        return _quart_routes(app, prefix, out)
    routes = _route_list(app)
    if routes is not None:
        for route in routes:
            _one_route(route, prefix, out, seen, depth)
        return
    if type(app).__module__.startswith("django."):
        return _django_routes(prefix, out)
    _routes(_inner(app), prefix, out, seen, depth + 1)


def _inner(app):
    values = getattr(app, "__dict__", {})
    return values.get("app") or values.get("_app") or values.get("application") or values.get("other_asgi_app")


def _route_list(app):
    routes = getattr(app, "routes", None)
    return list(routes) if isinstance(routes, (list, tuple)) else None


def _one_route(route, prefix, out, seen, depth):
    methods = getattr(route, "methods", None)
    path = getattr(route, "path", None)
    if methods and isinstance(path, str):
        out.append({"path": prefix + path, "methods": sorted(methods)})
        return
    # A mount has a path and an `app`; FastAPI's included router keeps the prefix of the inclusion in a context.
    inner = getattr(route, "app", None) or getattr(route, "router", None) or getattr(route, "original_router", None)
    if inner is None and _route_list(route) is not None:
        inner = route
    if inner is not None and not hasattr(inner, "all_directories"):
        added = path if isinstance(path, str) else getattr(getattr(route, "include_context", None), "prefix", "") or ""
        _routes(inner, prefix + added.rstrip("/"), out, seen, depth + 1)


def _litestar_routes(app, prefix, out):
    for route in getattr(app, "routes", ()):
        methods = getattr(route, "methods", None)
        if methods:
            path = getattr(route, "path_format", None) or route.path
            out.append({"path": prefix + path, "methods": sorted(str(method) for method in methods)})


def _quart_routes(app, prefix, out):
    for rule in app.url_map.iter_rules():
        if not getattr(rule, "websocket", False):
            out.append({"path": prefix + rule.rule, "methods": sorted(rule.methods or ())})


def _django_routes(prefix, out):
    resolver = _sys.modules["django.urls"].get_resolver()

    def walk(patterns, before):
        for pattern in patterns:
            path = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, path)
            elif "(?" not in path and "^" not in path:
                out.append({"path": prefix + "/" + path, "methods": ["GET"]})

    walk(resolver.url_patterns, "")


def _tables(registries):
    names = set()
    for metadata in registries:
        # SQLAlchemy's dialects describe the system catalogues with tables too.
        names.update(str(name) for name in metadata.tables if not str(name).lower().startswith(("pg_catalog.", "information_schema.", "sys.")))
    registry = getattr(_sys.modules.get("django.apps"), "apps", None)
    if registry is not None and registry.ready:
        names.update(model._meta.db_table for model in registry.get_models())
    return sorted(names)


# --- the app's own ways to its database


def _engines():
    import asyncio

    loops, async_engines, engines = "asyncio.events:AbstractEventLoop", "sqlalchemy.ext.asyncio.engine:AsyncEngine", "sqlalchemy.engine.base:Engine"
    asyncpg, psycopg, psycopg_sync = "asyncpg.pool:Pool", "psycopg_pool.pool_async:AsyncConnectionPool", "psycopg_pool.pool:ConnectionPool"
    living = _living(loops, async_engines, engines, asyncpg, psycopg, psycopg_sync)
    wrapped, answers = set(), []
    loop = next((loop for loop in living[loops] if loop.is_running()), None)
    for engine in living[async_engines]:
        wrapped.add(id(engine.sync_engine))
        answers.append(_try(engine.url, lambda engine=engine: _on(loop, asyncio, _select_async(engine))))
    for engine in living[engines]:
        if id(engine) not in wrapped and not getattr(engine.dialect, "is_async", False):
            answers.append(_try(engine.url, lambda engine=engine: _select(engine)))
    for pool in living[asyncpg]:
        if getattr(pool, "_initialized", False) and not getattr(pool, "_closed", False):
            answers.append(_try("asyncpg pool", lambda pool=pool: _on(loop, asyncio, pool.fetchval("SELECT 1"))))
    for pool in living[psycopg]:
        if not pool.closed:
            answers.append(_try("psycopg pool", lambda pool=pool: _on(loop, asyncio, _select_pool(pool))))
    for pool in living[psycopg_sync]:
        if not pool.closed:
            answers.append(_try("psycopg pool", lambda pool=pool: _select_sync_pool(pool)))
    return {"engines": answers}


def _try(url, ask):
    shown = url.render_as_string(hide_password=True) if hasattr(url, "render_as_string") else str(url)
    try:
        ask()
    except BaseException as error:  # noqa: BLE001
        return {"url": shown, "ok": False, "error": f"{type(error).__name__}: {error}"}
    return {"url": shown, "ok": True}


def _on(loop, asyncio, coroutine):
    if loop is None:
        coroutine.close()
        raise RuntimeError("no event loop is running")
    future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, 5), loop)
    return future.result(6)


async def _select_async(engine):
    text = _sys.modules["sqlalchemy"].text
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


def _select(engine):
    with engine.connect() as connection:
        connection.execute(_sys.modules["sqlalchemy"].text("SELECT 1"))


async def _select_pool(pool):
    async with pool.connection() as connection:
        await connection.execute("SELECT 1")


def _select_sync_pool(pool):
    with pool.connection(timeout=5) as connection:
        connection.execute("SELECT 1")


# --- where it hangs


def _dump():
    import _thread

    me, stacks = _thread.get_ident(), []
    main = getattr(_sys.modules.get("threading"), "main_thread", lambda: None)()
    names = {thread.ident: thread.name for thread in getattr(_sys.modules.get("threading"), "enumerate", list)()}
    for ident, frame in _sys._current_frames().items():
        if ident != me:
            is_main = main is not None and main.ident == ident
            stacks.append({"kind": "thread", "name": "MainThread" if is_main else names.get(ident, str(ident)), "frames": _frames(frame)})
    for task in _tasks():
        frames = _awaited(task.get_coro())
        if frames:
            stacks.append({"kind": "task", "name": task.get_name(), "frames": frames})
    return {"stacks": stacks}


def _tasks():
    found = []
    try:
        living = _living("_asyncio:Task", "asyncio.tasks:_PyTask")
        found = living["_asyncio:Task"] + living["asyncio.tasks:_PyTask"]
    except Exception:  # noqa: BLE001
        pass
    return [task for task in found if not task.done()]


def _frames(frame):
    frames = []
    while frame is not None and len(frames) < 60:
        frames.append(_as_frame(frame))
        frame = frame.f_back
    frames.reverse()
    return frames


def _as_frame(frame):
    return {"file": frame.f_code.co_filename, "line": frame.f_lineno or 0, "function": frame.f_code.co_name}


def _awaited(coroutine):
    """Outermost first: follows what each coroutine or asynchronous generator awaits, down to the one that waits for the loop."""
    frames, seen = [], set()
    while coroutine is not None and id(coroutine) not in seen and len(frames) < 60:
        seen.add(id(coroutine))
        for kind in ("cr", "gi", "ag"):
            frame = getattr(coroutine, kind + "_frame", None)
            if frame is not None:
                frames.append(_as_frame(frame))
                coroutine = getattr(coroutine, kind + "_await", None) or getattr(coroutine, kind + "_yieldfrom", None)
                break
        else:
            coroutine = _behind(coroutine)
    return frames


def _behind(awaitable):
    """`agen.asend(…)` and wrappers hide the generator; the collector knows what they refer to."""
    import gc

    for item in gc.get_referents(awaitable):
        if any(hasattr(type(item), kind + "_frame") for kind in ("cr", "gi", "ag")):
            return item
    return None


try:
    _start()
except BaseException:  # noqa: BLE001
    pass
_chain()
