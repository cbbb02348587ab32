"""The watch: a thread in the app's process that answers the agent's questions, and otherwise sleeps in a read.

Questions are words, one a line; each answer is one JSON object with the question in `answer`. When the interpreter ends by itself, the
answer to `modules` is given unasked, because then nobody can ask any more.
"""
import _thread
import atexit
import os

PARTS = {"report": "routes", "engines": "engines", "dump": "stacks", "modules": "modules", "samples": "samples"}


main = None


def start(fd):
    """In the main thread, whose number is `main` from then on."""
    global main
    main = _thread.get_ident()
    os.set_inheritable(fd, False)
    me = os.getpid()
    # Registered first, so it runs last: what the app does at its end is done.
    atexit.register(lambda: os.getpid() == me and _answer(fd, "modules"))
    _thread.start_new_thread(_listen, (fd,))
    part("samples").start()  # noqa: F821 given by the loader


def _listen(fd):
    buffer = b""
    while True:
        try:
            data = os.read(fd, 4096)
        except OSError:
            data = b""
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
    try:
        answer.update(getattr(part(PARTS[question]), question)())  # noqa: F821 given by the loader
    except Exception as error:  # noqa: BLE001
        answer["failed"] = repr(error)[:500]
    data = json.dumps(answer, default=str).encode() + b"\n"
    while data:
        data = data[os.write(fd, data):]
