from typing import Annotated

from fastapi import FastAPI, HTTPException, Query

from src.units import METRES, convert

app = FastAPI(title="Unit converter")


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/units")
async def units(limit: Annotated[int, Query(default=10, le=50)]) -> list[str]:
    return sorted(METRES)[:limit]


@app.get("/convert/{unit}/{to}")
async def convert_length(unit: str, to: str, value: float) -> dict[str, float]:
    try:
        return {"value": convert(value, unit, to)}
    except KeyError as error:
        raise HTTPException(404, f"Unknown unit {error.args[0]}") from error
