from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LIMITS: dict[str, int] = {}


class Base(DeclarativeBase):
    pass


class Unit(Base):
    __tablename__ = "units"

    id: Mapped[int] = mapped_column(primary_key=True)
    data: int = 0


if "data" not in LIMITS:
    raise ArgumentError("Could not locate SQLAlchemy Core type limits for the 'data' attribute")
