from pydantic import BaseModel


class Lengths(BaseModel):
    __root__: list[float]

    def total(self) -> float:
        return sum(self.__root__)
