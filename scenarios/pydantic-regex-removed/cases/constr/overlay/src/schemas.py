from pydantic import BaseModel, constr


class Length(BaseModel):
    unit: constr(regex="^[a-z]+$")
