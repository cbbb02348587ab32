from pydantic import BaseModel


class Base(BaseModel):
    unit: str = "m"


class Length(Base):
    unit = "km"
