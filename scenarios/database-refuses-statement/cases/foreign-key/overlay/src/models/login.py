"""When somebody logged in."""

from datetime import datetime

from sqlmodel import DateTime, Field, SQLModel


class Login(SQLModel, table=True):
    __tablename__ = "logins"

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    at: datetime = Field(sa_type=DateTime(timezone=True))
