from pydantic import BaseModel


class Document(BaseModel):
    _id: str = "1"
    unit: str


document = Document(unit=UNIT)
