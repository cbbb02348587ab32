from pydantic import BaseModel


class Machine(BaseModel):
    name: str
    model_config: str = "standard"
