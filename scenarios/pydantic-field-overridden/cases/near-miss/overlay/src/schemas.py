from pydantic import BaseModel


class Length(BaseModel):
    limit = 10
