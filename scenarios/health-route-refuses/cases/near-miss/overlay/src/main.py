from fastapi import FastAPI, HTTPException

from src.units import METRES, convert

app = FastAPI(title="Unit converter")


@app.post("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/units")
async def units() -> list[str]:
    return sorted(METRES)


@app.post("/convert/{unit}/{to}")
async def convert_length(unit: str, to: str, value: float) -> dict[str, float]:
    try:
        return {"value": convert(value, unit, to)}
    except KeyError as error:
        raise HTTPException(404, f"Unknown unit {error.args[0]}") from error
