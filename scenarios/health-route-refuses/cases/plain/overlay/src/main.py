from litestar import Litestar, get
from litestar.di import Provide


async def provide_units() -> list[str]:
    return ["m", "km"]


@get("/health")
async def health(all_units: list[str]) -> dict[str, int]:
    return {"units": len(all_units)}


app = Litestar([health], dependencies={"units": Provide(provide_units)})
