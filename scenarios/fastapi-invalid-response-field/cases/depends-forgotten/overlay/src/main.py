from fastapi import FastAPI, HTTPException

from src.units_store import Store, get_store
from src.units import METRES, convert

app = FastAPI(title="Unit converter")


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/units")
async def units(store: Store = get_store) -> list[str]:
    return sorted(METRES)[: store.size()]


@app.get("/convert/{unit}/{to}")
async def convert_length(unit: str, to: str, value: float) -> dict[str, float]:
    try:
        return {"value": convert(value, unit, to)}
    except KeyError as error:
        raise HTTPException(404, f"Unknown unit {error.args[0]}") from error
