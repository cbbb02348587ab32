"""Imports packages in the warm process, and notices whatever would make a fork differ from a cold start.

A package may do anything while it is imported. What a fork inherits unharmed (modules, handlers, registries) is fine; what it would share,
lose, or see as it was too early (threads, open files, variables, files of the tree) is a reason not to import it here. `load` stops before
the first such module: everything that was imported before it in a cold start is still a true beginning of that start.
"""
import importlib
import logging
import os
import sys

in_packages, Spies = part("modules").in_packages, part("spies").Spies  # noqa: F821 given by the loader
PRINTED_LIMIT = 60_000
# They replace functions of modules that other packages have taken already; when they come, decides what they reach.
PATCHERS = ("gevent", "eventlet")
_AGENT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

_spies = Spies()
_before = dict(os.environ)  # the variables of the start
_wrote = {}                 # what packages set while they were imported
_offence = None
_watching = False
_tree = "\0"
_start = {}                 # what every fork begins with


def load(names, cwd, tree):
    """{"loaded": n} or, when a module must not be imported here, {"why": …, "at": its place in `names`}: then this process is spoilt."""
    global _tree
    _tree = tree.rstrip("/") + "/"
    if not _start:
        # What the start itself ran: the environment's `.pth` files and `sitecustomize`, which may be the app's own.
        if why := _of_the_app(sys.modules) or ("a thread runs before the app does" if _threads() > 1 else None):
            return {"why": why, "at": 0}
        sys.addaudithook(_audit)
    # As in the app's process, where the working folder comes first: what shadows a package must do so here too.
    sys.path.insert(0, cwd)
    try:
        for place, name in enumerate(names):
            if name not in sys.modules and (why := _import(name)):
                return {"why": why, "at": place}
    finally:
        sys.path.remove(cwd)
    for variable in _before.keys() - os.environ.keys():
        return {"why": f"packages take the variable {variable} away", "at": 0}
    _wrote.update({name: value for name, value in os.environ.items() if _before.get(name) != value})
    # A file of one of these names in the tree changes what is imported.
    tops = _spies.tried | {name.partition(".")[0] for name in sys.modules}
    _start.update(path=list(sys.path), loggers=set(logging.root.manager.loggerDict), tops=tops)
    return {"loaded": len(sys.modules), "tops": sorted(tops), "reads": sorted(_spies.read)}


def _threads():
    return len(os.listdir("/proc/self/task"))


def _import(name):
    """Why it must not be imported here, or None when it was and left nothing behind."""
    global _offence, _watching
    if name.partition(".")[0] in PATCHERS:
        return f"{name} patches other modules"
    before = set(sys.modules), list(sys.path), _open_files()
    with _spies:
        _offence, _watching = None, True
        try:
            importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 whatever it is, a cold start shall show it
            return f"{name}: {type(error).__name__}: {error}"[:500]
        finally:
            _watching = False
    return _left_behind(name, *before)


def _left_behind(name, modules_before, path_before, files_before):
    if _offence is not None:
        return f"{name} {_offence} while it is imported"
    if _threads() > 1:
        return f"{name} starts a thread while it is imported"
    if _open_files() != files_before:
        return f"{name} leaves a file or socket open"
    if sys.path != path_before:
        return f"{name} changes the module search path"
    if own := _of_the_app(set(sys.modules) - modules_before):
        return f"{name} imports {own}"
    if sum(len(data) for _, data in _spies.printed) > PRINTED_LIMIT or any(_AGENT.encode() in data for _, data in _spies.printed):
        return f"{name} prints what a cold start would not"
    return None


def _of_the_app(names):
    for name in list(names):
        spec = getattr(sys.modules[name], "__spec__", None)
        places = [getattr(spec, "origin", None), *(getattr(spec, "submodule_search_locations", None) or ())]
        if any(isinstance(place, str) and place.startswith(_tree) and not in_packages(place) for place in places):
            return f"{name} of the app"
    return None


def _open_files():
    found = {}
    for fd in os.listdir("/proc/self/fd"):
        try:
            found[fd] = os.readlink("/proc/self/fd/" + fd)
        except OSError:
            continue  # the listing's own
    return found


def _audit(event, arguments):
    global _offence
    if not _watching or _offence is not None:
        return
    if event == "open":
        path, _, flags = arguments
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if isinstance(path, str) and path != os.devnull:
            if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR):
                _offence = f"writes {path}"
            elif os.path.abspath(path).startswith(_tree) and not in_packages(path) and not path.endswith((".py", ".pyc")):
                _offence = f"reads {path}"
    elif event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.fork", "os.posix_spawn", "_thread.start_new_thread"):
        _offence = f"does {event}"


def shrunk(names):
    """Why a fork would have more than a cold start: a module that the app imports no more, and no package imports by itself."""
    for name in names:
        importers = _spies.asked_by.get(name, ())
        if name in sys.modules and all(_below(importer, names) for importer in importers):
            return f"the app does not import {name} any more"
    return None


def _below(name, others):
    return any(name == other or name.startswith(other + ".") for other in others)


def hand_over(env):
    """In the fork: the variables of this attempt, nothing remembered of the tree, and the words that the imports printed."""
    wanted = {**env, **{name: value for name, value in _wrote.items() if env.get(name) == _before.get(name)}}
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    for folder in [folder for folder in sys.path_importer_cache if (folder + "/").startswith(_tree)]:
        del sys.path_importer_cache[folder]
    _start.update(env=dict(os.environ))
    for fd, data in _spies.printed:
        os.write(fd, data)


def differs():
    """Why this fork may not be what a cold start would have been, or None. Asked at the end of the attempt."""
    env, now = _start["env"], dict(os.environ)
    for name in env.keys() | now.keys() if "*" in _spies.read else _spies.read:
        if now.get(name) != env.get(name):
            return f"the app sets {name}, which a package reads while it is imported"
    for folder in set(sys.path) - set(_start["path"]) - {os.getcwd()}:
        if os.path.isdir(folder) and (same := _stems(folder) & _start["tops"]):
            return f"the app adds {folder} to its path, where {sorted(same)[0]} is found too"
    loggers = logging.root.manager.loggerDict
    for name in _start["loggers"]:
        if getattr(loggers.get(name), "disabled", False):
            return f"the app's logging set-up silences the logger {name}, which a package makes while it is imported"
    return None


def _stems(folder):
    return {entry.partition(".")[0] for entry in os.listdir(folder) if entry.isidentifier() or entry.endswith((".py", ".so"))}
