"""What one boot has shown so far, and the record that is made of it at the end."""
from __future__ import annotations

from dataclasses import dataclass, field

from .environment import environment_python
from .log import LogBook


@dataclass
class Seen:
    command: dict
    book: LogBook
    # Highest rung so far, from the ladder alone; `final_stage` adds what the log says.
    stage: str = "import"
    started_at: float = 0.0
    listening_at: float | None = None
    healthy_at: float | None = None
    timed_out: bool = False
    exit: dict | None = None
    probes: list[dict] = field(default_factory=list)
    routes: list[dict] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    engines: list[dict] = field(default_factory=list)
    hang: list[dict] = field(default_factory=list)
    before: list[dict] = field(default_factory=list)
    sessions: int = 0
    # None until they were counted.
    connections: int | None = None
    start: dict | None = None
    samples: dict | None = None

    def final_stage(self) -> str:
        # What listened without ever speaking HTTP, before the process died, was no server: it kept the server from the port.
        never_spoke = self.stage == "health" and self.exit is not None and not any("status" in probe for probe in self.probes)
        if self.stage in ("healthy", "settle", "health") and not never_spoke:
            return self.stage
        if self.book.complete_at is not None:
            return "bind"
        return "lifespan" if self.book.waiting_at is not None else "import"

    def output(self) -> dict:
        """Shape: BootOutput of parsers/boot-output.ts."""
        book, c = self.book, self.command
        lines = book.lines()
        return {
            "stage": self.final_stage(), "exit": self.exit, "lines": lines, "dropped": book.dropped,
            "markers": {
                "waiting": book.waiting_at is not None, "complete": book.complete_at is not None,
                "listening": self.listening_at is not None, "timedOut": self.timed_out,
            },
            "probes": self.probes, "routes": self.routes,
            "database": {
                "sessions": self.sessions, "connections": self.connections or 0, "engines": self.engines, "tables": self.tables,
            },
            **({"before": self.before} if self.before else {}), **({"start": self.start} if self.start else {}), **({"samples": self.samples} if self.samples else {}),
            "hang": self.hang, "timings": self._timings(), "python": environment_python(c["environment"]), "command": c["command"],
            "paths": {"tree": c["tree"], "environment": c["environment"]},
        }

    def _timings(self) -> dict:
        book = self.book
        timings = {"total": round(book.now, 3)}
        if book.waiting_at is not None:
            timings["import"] = round(book.waiting_at - self.started_at, 3)
            if book.complete_at is not None:
                timings["lifespan"] = round(book.complete_at - book.waiting_at, 3)
        if self.healthy_at is not None and self.listening_at is not None:
            timings["health"] = round(self.healthy_at - self.listening_at, 3)
        return timings
