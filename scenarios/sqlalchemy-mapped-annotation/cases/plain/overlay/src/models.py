from datetime import datetime
from typing import ClassVar, Optional

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Timed:
    changed: datetime = mapped_column(nullable=True)


class Unit(Timed, Base):
    __tablename__ = "units"

    label: ClassVar[str] = "unit"
    id: int = mapped_column(primary_key=True)
    name: str = mapped_column(String(20), unique=True)
    note: Optional[str]
    rates: "list[Rate]" = relationship(back_populates="unit")


class Rate(Base):
    __tablename__ = "rates"

    id: int = mapped_column(primary_key=True)
    unit_id: int = mapped_column(ForeignKey("units.id"))
    unit: Unit = relationship(back_populates="rates")
