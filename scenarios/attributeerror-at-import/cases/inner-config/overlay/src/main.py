from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from src.units import METRES, convert

app = FastAPI(title="Unit converter")


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


class Unit(BaseModel):
    name: str

    class Config(BaseModel.Config):
        frozen = True


@app.get("/units")
async def units() -> list[Unit]:
    return [Unit(name=name) for name in sorted(METRES)]


@app.get("/convert/{unit}/{to}")
async def convert_length(unit: str, to: str, value: float) -> dict[str, float]:
    try:
        return {"value": convert(value, unit, to)}
    except KeyError as error:
        raise HTTPException(404, f"Unknown unit {error.args[0]}") from error
