"""Variables of the app's process, and what an environment's folder says about itself."""
from __future__ import annotations

import os

WATCH_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "watch")
# What makes the text parseable: no colours, no width, nothing buffered, a dump on a crash.
SETTINGS = {
    "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1", "NO_COLOR": "1", "PYTHON_COLORS": "0", "TERM": "dumb", "COLUMNS": "500",
    "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "LANG": "C.UTF-8",
}


def app_environment(command: dict) -> dict[str, str]:
    """The harness's variables win over ours; nothing of the agent's own environment gets in."""
    env = {
        **SETTINGS, "HOME": command["home"], "TMPDIR": command["home"], "VIRTUAL_ENV": command["environment"],
        "PATH": os.pathsep.join([
            os.path.join(command["environment"], "bin"), "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
        ]),
        **command["env"],
    }
    paths = [os.path.normpath(os.path.join(command["tree"], entry)) for entry in command["pythonPath"]]
    if command["instrument"]:
        paths.insert(0, WATCH_FOLDER)
    if command["env"].get("PYTHONPATH"):
        paths.append(command["env"]["PYTHONPATH"])
    return env | ({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})


def environment_python(environment: str) -> str:
    """`3.14.2`, or nothing when there is no environment."""
    try:
        with open(os.path.join(environment, "pyvenv.cfg")) as file:
            for line in file:
                name, _, value = line.partition("=")
                if name.strip() in ("version_info", "version"):
                    return ".".join(value.strip().split(".")[:3])
    except OSError:
        pass
    return ""
