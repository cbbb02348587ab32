"""The watch's way in: loaded by the interpreter before the app, because its folder is first on PYTHONPATH.

Rules it lives by: it never changes what the app does, never raises into it, imports nothing before it is asked, leaves no trace for child
processes, and loads the `sitecustomize` that the environment has itself. What it does is in `parts/`, loaded from there without a place in
`sys.modules`. Two variables of the agent's say what this process is:

  BOOT_CHECK_WATCH   a socket: the app runs here, and a thread answers questions about it (parts/answers.py)
  BOOT_CHECK_WARM    a socket: no app runs here; the process imports packages and forks, and only its forks return (parts/warm.py)
"""
import os as _os
import sys as _sys

_here = _os.path.dirname(_os.path.abspath(__file__))
_parts = {}


def _part(name):
    if name not in _parts:
        from _frozen_importlib_external import SourceFileLoader

        loader = SourceFileLoader("boot_check_" + name, _os.path.join(_here, "parts", name + ".py"))
        module = type(_sys)(loader.name)
        module.part, module.__file__ = _part, loader.path
        exec(loader.get_code(loader.name), module.__dict__)
        _parts[name] = module
    return _parts[name]


def _number(variable):
    return int(_os.environ.pop(variable, "-1"))


def _step_aside():
    """Takes this folder from the path, and from what child processes inherit."""
    _sys.path[:] = [entry for entry in _sys.path if _os.path.abspath(entry or ".") != _here]
    rest = [entry for entry in _os.environ.get("PYTHONPATH", "").split(_os.pathsep) if entry and _os.path.abspath(entry) != _here]
    if rest:
        _os.environ["PYTHONPATH"] = _os.pathsep.join(rest)
    else:
        _os.environ.pop("PYTHONPATH", None)


def _chain():
    """Gives way to another sitecustomize further down the path, as if this one were not there."""
    from _frozen_importlib_external import PathFinder

    spec = PathFinder.find_spec("sitecustomize", _sys.path)
    if spec is not None and spec.loader is not None:
        import importlib.util

        module = importlib.util.module_from_spec(spec)
        _sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


def _watch(fd):
    try:
        if fd >= 0:
            _part("answers").start(fd)
    except BaseException:  # noqa: BLE001 the app must not notice
        pass


def _warm(fd):
    """Only forks come back. Nothing of the app may run in the warm process itself, whatever goes wrong in it."""
    try:
        return _part("warm").serve(fd, _chain)
    except BaseException:  # noqa: BLE001
        _os._exit(70)


def _main():
    watch, warm = _number("BOOT_CHECK_WATCH"), _number("BOOT_CHECK_WARM")
    _step_aside()
    if warm >= 0:
        _watch(_warm(warm))
    else:
        _watch(watch)
        _chain()


_main()
