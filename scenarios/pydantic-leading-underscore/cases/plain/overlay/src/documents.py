from pydantic import BaseModel, Field


class Document(BaseModel):
    _id: str = Field(...)
    unit: str

    def key(self) -> str:
        return self._id
