class Store:
    def __init__(self, name: str) -> None:
        self.name = name

    def size(self) -> int:
        return len(self.name)


async def get_store():
    yield Store("units")
