from pydantic import BaseModel


class Base(BaseModel):
    unit: str | None = None


class Length(Base):
    unit = "km"
