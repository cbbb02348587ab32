from fastapi import FastAPI, HTTPException

from src.units import METRES, convert



def attributes() -> dict[str, str]:
    return {
        "title": "Unit converter",
        "openapi_prefix": "",
        "version": "1.0",
    }


app = FastAPI(**attributes())


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/units")
async def units() -> list[str]:
    return sorted(METRES)


@app.get("/convert/{unit}/{to}")
async def convert_length(unit: str, to: str, value: float) -> dict[str, float]:
    try:
        return {"value": convert(value, unit, to)}
    except KeyError as error:
        raise HTTPException(404, f"Unknown unit {error.args[0]}") from error
