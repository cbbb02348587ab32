"""When the service came up."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field, SQLModel


class Start(SQLModel, table=True):
    __tablename__ = "starts"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    at: datetime
