from __future__ import annotations

from fastapi import FastAPI
from pydantic import BaseModel


def build() -> FastAPI:
    app = FastAPI(title="Notes")

    class Note(BaseModel):
        text: str

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/notes")
    async def add(note: Note) -> dict[str, int]:
        return {"length": len(note.text)}

    return app


app = build()
