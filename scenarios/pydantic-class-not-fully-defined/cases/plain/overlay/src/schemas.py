from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from src.scales import Scale


class Length(BaseModel):
    value: float
    scale: "Scale | None" = None


ONE = Length(value=1.0)
