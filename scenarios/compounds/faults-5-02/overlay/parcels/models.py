import enum

from sqlalchemy import Enum, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class StatusV2(enum.Enum):
    waiting = "waiting"
    sent = "sent"
    arrived = "arrived"


class Parcel(Base):
    __tablename__ = "parcels"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    status: Mapped[Status] = mapped_column(Enum(Status, name="parcel_status"), server_default="waiting")
