from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import Base, engine, get_session


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    Base.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(title="Notes", lifespan=lifespan)


class NoteIn(BaseModel):
    text: str


class NoteOut(NoteIn):
    model_config = ConfigDict(from_attributes=True)

    id: int


@app.get("/healthz")
def healthz(session: Session = Depends(get_session)) -> dict[str, str]:
    session.execute(text("SELECT 1"))
    return {"status": "ok"}


@app.get("/notes", response_model=list[NoteOut])
def list_notes(session: Session = Depends(get_session)) -> list[dict[str, object]]:
    return list(session.execute(text("SELECT id, text FROM notes ORDER BY id")).mappings())


@app.post("/notes", response_model=NoteOut, status_code=201)
def add_note(note: NoteIn, session: Session = Depends(get_session)) -> object:
    row = session.execute(text("INSERT INTO notes (text) VALUES (:text) RETURNING id, text"), {"text": note.text}).mappings().one()
    session.commit()
    return row
