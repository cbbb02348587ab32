from abc import ABC, abstractmethod


class Store(ABC):
    @abstractmethod
    def factor(self, unit: str) -> float: ...

    @abstractmethod
    def units(self) -> list[str]: ...
