import enum

from sqlalchemy import Enum, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Status(enum.Enum):
    open = "open"
    done = "done"


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(500))
    status: Mapped[Status | None] = mapped_column(Enum(Status, name="note_status"))
