from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException

from src.middleware import add_middlewares

from src.units import METRES, convert


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    add_middlewares(application)
    yield


app = FastAPI(title="Unit converter", lifespan=lifespan)


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
