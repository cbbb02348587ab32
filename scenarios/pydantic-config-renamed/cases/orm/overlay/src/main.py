from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from src.units import METRES, convert

app = FastAPI(title="Unit converter")


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


class Row:
    short_name = "m"


class Unit(BaseModel):
    short_name: str

    class Config:
        orm_mode = True


METRE = Unit.from_orm(Row())


@app.get("/units")
async def units() -> list[Unit]:
    return [METRE]


@app.get("/convert/{unit}/{to}")
async def convert_length(unit: str, to: str, value: float) -> dict[str, float]:
    try:
        return {"value": convert(value, unit, to)}
    except KeyError as error:
        raise HTTPException(404, f"Unknown unit {error.args[0]}") from error
