from pydantic import BaseModel, Field


class Upstream(BaseModel):
    url: str
    retries: int = Field(default=3, le=10)


upstream = Upstream(url="https://rates.internal", retries=50)
