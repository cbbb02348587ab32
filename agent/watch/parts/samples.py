"""Where the start spends its time: the main thread's stack, looked at again and again until somebody asks for the sums.

A look costs some microseconds. What passed since the look before goes to what is seen now: long imports and blocking calls are seen often.
While the main thread waits in its event loop, the tasks are looked at, and only when the wait is a long one.
"""
import _thread
import os
import sys
import time

EVERY, LONGEST, IDLE = 0.01, 300.0, 0.5
DRIVERS = ("/asyncpg/", "/psycopg/", "/psycopg2/", "/psycopg_pool/", "/aiosqlite/")
LIBRARY = os.path.dirname(os.__file__) + "/"
WATCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

_asked = False
me = None
_imports, _lines, _parts = {}, {}, {"connect": 0.0, "migrations": 0.0}


def start():
    _thread.start_new_thread(_look, (part("answers").main,))  # noqa: F821 given by the loader


def samples():
    global _asked
    _asked = True
    return {
        "imports": {name: round(seconds, 3) for name, seconds in list(_imports.items())},
        "lines": {place: round(seconds, 3) for place, seconds in list(_lines.items())},
        **{name: round(seconds, 3) for name, seconds in _parts.items()},
    }


def _look(main):
    global me
    me = _thread.get_ident()
    began = before = idle = time.monotonic()
    try:
        while not _asked and before - began < LONGEST:
            time.sleep(EVERY)
            now = time.monotonic()
            frame = sys._current_frames().get(main)
            if frame is None:
                return
            if not _is_idle(frame):
                _note(_walk(frame), now - before)
                idle = now
            elif now - idle >= IDLE:
                _note_tasks(now - idle)
                idle = time.monotonic()
            before = now
    except BaseException:  # noqa: BLE001 the app must not notice
        pass


def _is_idle(frame):
    return frame.f_code.co_name in ("select", "_run_once", "run_forever", "run_until_complete", "run") and "site-packages" not in frame.f_code.co_filename and not _own(frame.f_code.co_filename)


def _walk(frame):
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_name, frame
        frame = frame.f_back


def _note(frames, seconds):
    """Innermost first. Own code counts by its line, unless a package is being imported further in."""
    own = importing = None
    for file, line, function, frame in frames:
        name = _imported(file, function, frame)
        if name and importing is None:
            importing = name
            _imports[name] = _imports.get(name, 0.0) + seconds
        if "/alembic/" in file:
            _parts["migrations"] += seconds
            break
        if importing is None and (any(driver in file for driver in DRIVERS) or ("/sqlalchemy/" in file and function == "connect")):
            _parts["connect"] += seconds
            return
        if own is None and (importing is None or function == "<module>" and name == importing) and _own(file):
            own = f"{file}:{line}"
    if own is not None:
        _lines[own] = _lines.get(own, 0.0) + seconds


def _imported(file, function, frame):
    """First name of the module that a frame is loading."""
    if function == "_find_and_load" and file == "<frozen importlib._bootstrap>":
        name = frame.f_locals.get("name")
    else:
        name = frame.f_globals.get("__name__") if function == "<module>" else None
    return name.partition(".")[0] if isinstance(name, str) and name != "__main__" else None


def _own(file):
    return not (file.startswith(("<", LIBRARY)) or "site-packages" in file or "/boot_check" in file or WATCH in file)


def _note_tasks(seconds):
    """The task that holds the start is the one with a line of the app's in it; the innermost such line is where it waits."""
    stacks = part("stacks")  # noqa: F821 given by the loader
    for task in stacks._tasks():
        frames = [(frame["file"], frame["line"], frame["function"]) for frame in reversed(stacks._awaited(task.get_coro()))]
        own = next((f"{file}:{line}" for file, line, _ in frames if _own(file)), None)
        if own is None:
            continue
        if any("/alembic/" in file for file, _, _ in frames):
            _parts["migrations"] += seconds
        elif any(driver in file for file, _, _ in frames for driver in DRIVERS):
            _parts["connect"] += seconds
        _lines[own] = _lines.get(own, 0.0) + seconds
        return
