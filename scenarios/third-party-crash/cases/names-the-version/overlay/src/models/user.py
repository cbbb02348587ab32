"""The user: as stored, as sent in, as sent out."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import AfterValidator, EmailStr
from sqlmodel import DateTime, Field, SQLModel

from src.core.validators import check_password, normalise_email


def now() -> datetime:
    return datetime.now(UTC)


class User(SQLModel, table=True):
    __tablename__ = "users"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(max_length=254, unique=True, index=True)
    full_name: str = Field(max_length=120)
    hashed_password: str
    is_active: bool = True
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class UserCreate(SQLModel):
    email: Annotated[str, AfterValidator(normalise_email)]
    password: Annotated[str, AfterValidator(check_password)]
    full_name: str = Field(min_length=1, max_length=120)


class UserLogin(SQLModel):
    email: Annotated[EmailStr, AfterValidator(normalise_email)]
    password: str


class UserPublic(SQLModel):
    id: UUID
    email: str
    full_name: str
    created_at: datetime


class Token(SQLModel):
    access_token: str
    token_type: str = "bearer"
