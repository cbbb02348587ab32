"""Routes and tables that the loaded app declares."""
import sys

living = part("living").living  # noqa: F821 given by the loader
CONFIG, METADATA = "uvicorn.config:Config", "sqlalchemy.sql.schema:MetaData"
APPS = ("starlette.applications:Starlette", "litestar.app:Litestar", "quart.app:Quart")
NAMES = (CONFIG, METADATA, *APPS)


def report():
    found = living(*NAMES)
    app = _app(found)
    routes = []
    try:
        if app is not None:
            _routes(app, "", routes, set(), 0)
    except Exception:  # noqa: BLE001 what was found so far still helps
        pass
    return {"imported": app is not None, "routes": routes, "tables": _tables(found[METADATA])}


def _app(found):
    for config in found[CONFIG]:
        app = getattr(config, "loaded_app", None)
        if app is not None:
            return app
    apps = [app for name in APPS for app in found[name]]
    return apps[0] if len(apps) == 1 else None


def _routes(app, prefix, out, seen, depth):
    """Collects `{path, methods}`. Wrappers (middleware) are opened by their `app`."""
    if app is None or depth > 20 or id(app) in seen or len(out) > 3000:
        return
    seen = seen | {id(app)}
    if "litestar.app" in sys.modules and type(app).__module__.startswith("litestar"):
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
    resolver = sys.modules["django.urls"].get_resolver()

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
    registry = getattr(sys.modules.get("django.apps"), "apps", None)
    if registry is not None and registry.ready:
        names.update(model._meta.db_table for model in registry.get_models())
    return sorted(names)
