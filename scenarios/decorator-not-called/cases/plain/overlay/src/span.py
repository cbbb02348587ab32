from pydantic import BaseModel, model_validator


class Span(BaseModel):
    low: float
    high: float

    @model_validator
    def in_order(self):
        if self.low > self.high:
            raise ValueError("low is above high")
        return self
