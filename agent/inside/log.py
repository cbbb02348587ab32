"""The log of one boot, bounded in memory whatever is printed: a head, a tail, and the first fatal blocks between them.

Head lines are kept one by one and shown live. Behind the head, chunks are only scanned (three substring searches) and put in a ring of
raw bytes, so a server that prints 2 GB is read at the speed of the pipe. A line that opens a fatal block is always kept, with what
follows it, as long as the budget lasts.
"""
from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

LINE_BYTES = 16_384
HEAD_LINES, HEAD_BYTES = 4_000, 4_000_000
TAIL_LINES, TAIL_BYTES = 1_000, 1_000_000
FATAL_LINES, FATAL_BYTES, BLOCK_LINES = 1_200, 2_000_000, 300
WAITING, COMPLETE, LISTENS = b"Waiting for application startup", b"Application startup complete", b"Uvicorn running on"
FATAL = (b"Traceback (most recent call last)", b"ERROR", b"CRITICAL", b"Fatal Python error", b"Error: ")
OPENING = (b"Traceback (most recent call last)", b"Fatal Python error")


def _is_fatal(data: bytes) -> bool:
    return any(mark in data for mark in FATAL)


def _wake(waiter: asyncio.Future | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


class LogBook:
    def __init__(self, live: Callable[[dict], None], begun: float | None = None) -> None:
        self.begun = time.monotonic() if begun is None else begun
        self._live = live
        self._lines: list[tuple[float, str, bytes]] = []
        self._head_bytes = 0
        self._fatal_lines = 0
        self._fatal_bytes = 0
        self._block_left = 0
        self._rest = {"stdout": b"", "stderr": b""}
        self._cut = {"stdout": False, "stderr": False}
        self._tail: deque[tuple[float, str, bytes]] = deque()
        self._tail_bytes = 0
        self._carry = {"stdout": b"", "stderr": b""}
        self.dropped = 0
        self.waiting_at: float | None = None
        self.complete_at: float | None = None
        self.listens_at: float | None = None
        self.fatal_seen = False
        self.fatal_at = self.heard_at = 0.0
        self.closed = False
        self._waiter: asyncio.Future | None = None

    @property
    def now(self) -> float:
        return time.monotonic() - self.begun

    async def heard_within(self, seconds: float) -> None:
        """Waits until something is printed, at most this long. Whoever asks again and again is woken at most every few milliseconds."""
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        handle = loop.call_later(seconds, _wake, waiter)
        try:
            await waiter
        finally:
            handle.cancel()
        await asyncio.sleep(min(seconds, 0.002))

    def feed(self, stream: str, data: bytes) -> None:
        if self.closed:
            return
        _wake(self._waiter)
        at = self.now
        self._look_for_markers(at, stream, data)
        if not self._head_full:
            data = self._feed_head(at, stream, data)
        if data:
            self._feed_tail(at, stream, data)

    @property
    def _head_full(self) -> bool:
        return len(self._lines) - self._fatal_lines >= HEAD_LINES or self._head_bytes >= HEAD_BYTES

    def _look_for_markers(self, at: float, stream: str, data: bytes) -> None:
        seen = self._carry[stream] + data
        if self.waiting_at is None and WAITING in seen:
            self.waiting_at = at
        if self.complete_at is None and COMPLETE in seen:
            self.complete_at = at
        if self.listens_at is None and LISTENS in seen:
            self.listens_at = at
        self.heard_at = at
        if _is_fatal(seen):
            self.fatal_seen, self.fatal_at = True, at
        self._carry[stream] = seen[-48:]

    def _feed_head(self, at: float, stream: str, data: bytes) -> bytes:
        """Takes lines until the head is full; gives back what it did not take."""
        lines = data.split(b"\n")
        for index, piece in enumerate(lines):
            last = index == len(lines) - 1
            if last:
                self._keep_rest(stream, piece)
                return b""
            self._complete_line(at, stream, piece)
            if self._head_full:
                return b"\n".join(lines[index + 1:])
        return b""

    def _keep_rest(self, stream: str, piece: bytes) -> None:
        room = LINE_BYTES - len(self._rest[stream])
        if len(piece) > room:
            self._cut[stream] = True
        self._rest[stream] += piece[:max(room, 0)]

    def _complete_line(self, at: float, stream: str, piece: bytes) -> None:
        self._keep_rest(stream, piece)
        line = self._rest[stream] + (b" ...<line cut>" if self._cut[stream] else b"")
        self._rest[stream], self._cut[stream] = b"", False
        self._lines.append((at, stream, line))
        self._head_bytes += len(line)
        self._live(as_line(at, stream, line))

    def _feed_tail(self, at: float, stream: str, data: bytes) -> None:
        if self._rest[stream]:
            data, self._rest[stream] = self._rest[stream] + data, b""
        if (self._block_left or _is_fatal(data)) and self._fatal_room:
            data = self._keep_fatal(at, stream, data)
        if not data:
            return
        self._tail.append((at, stream, data))
        self._tail_bytes += len(data)
        while self._tail_bytes > TAIL_BYTES and len(self._tail) > 1:
            _, _, lost = self._tail.popleft()
            self._tail_bytes -= len(lost)
            self.dropped += lost.count(b"\n")

    @property
    def _fatal_room(self) -> bool:
        return self._fatal_lines < FATAL_LINES and self._fatal_bytes < FATAL_BYTES

    def _keep_fatal(self, at: float, stream: str, data: bytes) -> bytes:
        """Moves fatal blocks of this chunk to the kept lines; what comes before and between them is dropped."""
        lines = data.split(b"\n")
        for index, line in enumerate(lines[:-1]):
            if any(mark in line for mark in OPENING):
                self._block_left = BLOCK_LINES
            elif not self._block_left and _is_fatal(line):
                self._block_left = 1
            if not self._block_left:
                self.dropped += 1
                continue
            if not self._fatal_room:
                self._block_left = 0
                return b"\n".join(lines[index:])
            self._block_left -= 1
            self._fatal_lines += 1
            kept = line[:LINE_BYTES]
            self._fatal_bytes += len(kept)
            self._lines.append((at, stream, kept))
        self._rest[stream] = lines[-1][:LINE_BYTES]
        return b""

    def lines(self) -> list[dict]:
        """Everything kept, in the order it was printed."""
        for stream, rest in self._rest.items():
            if rest:
                self._tail.append((self.now, stream, rest))
                self._rest[stream] = b""
        tail: list[tuple[float, str, bytes]] = []
        open_line: dict[str, bytes] = {}
        for at, stream, data in self._tail:
            pieces = (open_line.pop(stream, b"") + data).split(b"\n")
            open_line[stream] = pieces.pop()[-LINE_BYTES:]
            self.dropped += max(0, len(pieces) - TAIL_LINES)
            tail.extend((at, stream, piece[:LINE_BYTES]) for piece in pieces[-TAIL_LINES:])
        tail.extend((self.now, stream, piece) for stream, piece in open_line.items() if piece)
        self._tail.clear()
        self.dropped += max(0, len(tail) - TAIL_LINES)
        self._lines.extend(tail[-TAIL_LINES:])
        # Fatal blocks were set aside as they came; time puts them back between the lines of the tail.
        self._lines.sort(key=lambda line: line[0])
        return [as_line(*line) for line in self._lines]


def as_line(at: float, stream: str, text: bytes) -> dict:
    return {"at": round(at, 4), "stream": stream, "text": text.rstrip(b"\r").decode("utf-8", "replace")}
