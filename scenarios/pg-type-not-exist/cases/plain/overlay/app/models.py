from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36), server_default=text("uuid_generate_v4()"))
    text: Mapped[str] = mapped_column(String(500))
