from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.database import engine, get_session
from app.models import Note


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
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
def list_notes(session: Session = Depends(get_session)) -> list[Note]:
    return list(session.scalars(select(Note).order_by(Note.id)))


@app.post("/notes", response_model=NoteOut, status_code=201)
def add_note(note: NoteIn, session: Session = Depends(get_session)) -> Note:
    row = Note(text=note.text)
    session.add(row)
    session.commit()
    session.refresh(row)
    return row
