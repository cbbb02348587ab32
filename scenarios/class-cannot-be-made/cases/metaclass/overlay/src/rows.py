from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Unit(BaseModel, Base):
    __tablename__ = "units"

    name: Mapped[str] = mapped_column(primary_key=True)
