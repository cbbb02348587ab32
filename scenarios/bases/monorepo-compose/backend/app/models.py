from datetime import datetime

from sqlalchemy import Column, DateTime, func
from sqlmodel import Field, SQLModel


class Reading(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    station: str = Field(index=True)
    celsius: float
    taken_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), server_default=func.now()))
