"""The warm process: the app's interpreter, stopped where `sitecustomize` runs, with the app's third-party packages imported.

The idea. The interpreter was started with the app's own command line. It loads `sitecustomize` before it runs that command, and here it
stays: it imports what it is told to (packages only, never a module of the app), and forks for each attempt. Only a fork returns, and then
its interpreter goes on exactly as a cold one does: it runs `-m uvicorn …`, with no frame of ours on the stack and no argument of ours in
`sys.argv`. The fork's parent ends at once, so that the agent, which adopts orphans, is the parent of the app as it is of a cold start.

One line of JSON is one request; `import` and `fork` are all there are. Whatever cannot be had exactly as in a cold start is answered with
`why`, and the agent starts cold.
"""
import ctypes
import gc
import json
import os
import signal
import socket
import time

imports, modules, answers = part("imports"), part("modules"), part("answers")  # noqa: F821 given by the loader
PR_SET_PDEATHSIG = 1
ADOPTION_SECONDS = 10.0


def serve(fd, chain):
    """The descriptor of the watch, in each fork; the warm process itself never comes back."""
    # What the forks will need is read now, once.
    watched = [name for each in ("routes", "engines", "stacks") for name in part(each).NAMES]  # noqa: F821 given by the loader
    libc = ctypes.CDLL(None, use_errno=True)
    channel = socket.socket(fileno=fd)
    channel.set_inheritable(False)
    chain()
    while True:
        request, fds = _receive(channel)
        if request["do"] == "import":
            answer = imports.load(request["modules"], request["cwd"], request["tree"])
            # The collector of a fork leaves alone what was there before: a walk over it would copy every page of it, at the end once more.
            gc.unfreeze()
            part("living").inherit(*watched)  # noqa: F821 given by the loader
            gc.freeze()
            _say(channel, answer)
        elif why := imports.shrunk(request["without"]):
            _close(fds)
            _say(channel, {"why": why})
        elif _forked(fds):
            return _become(request, fds, channel, libc)


def _receive(channel):
    data, fds, _, _ = socket.recv_fds(channel, 1 << 16, 3)
    while data and not data.endswith(b"\n"):
        more = channel.recv(1 << 16)
        if not more:
            break
        data += more
    if not data:
        os._exit(0)
    return json.loads(data), fds


def _say(channel, answer):
    channel.sendall(json.dumps(answer).encode() + b"\n")


def _close(fds):
    for fd in fds:
        os.close(fd)


def _forked(fds):
    """True in the fork. Its parent, a fork too, is gone when this returns here."""
    middle = os.fork()
    if middle == 0:
        if os.fork() == 0:
            return True
        os._exit(0)
    _close(fds)
    os.waitpid(middle, 0)
    return False


def _become(request, fds, channel, libc):
    """Makes the fork what a cold start would be: its own session, its parent, its streams, its folder, its variables."""
    os.setsid()
    until = time.monotonic() + ADOPTION_SECONDS
    while os.getppid() != request["agent"] and time.monotonic() < until:
        time.sleep(0.0005)
    libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != request["agent"]:
        os._exit(70)
    stdout, stderr, watch = fds
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    _close([stdout, stderr])
    os.chdir(request["cwd"])
    _say(channel, {"pid": os.getpid()})
    channel.close()
    imports.hand_over(request["env"])
    modules.differs = imports.differs
    return watch
