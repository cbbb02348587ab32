from fastapi import FastAPI

from ..units import METRES, convert

app = FastAPI(title="Unit converter")


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/units")
async def units() -> list[str]:
    return sorted(METRES)


@app.get("/double/{unit}")
async def double(unit: str) -> float:
    return convert(2.0, unit, "m")
