class Scale:
    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def name(self) -> str:
        return self.name

    @name.setter
    def name(self, value: str) -> None:
        self.name = value.lower()
