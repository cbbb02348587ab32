from typing import Generic, TypeVar

from pydantic import BaseModel

T = TypeVar("T")


class Timed(BaseModel):
    took_ms: float = 0.0


class Page(BaseModel, Timed, Generic[T]):
    items: list[T]
