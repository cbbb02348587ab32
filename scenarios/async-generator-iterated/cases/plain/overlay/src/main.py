from contextlib import asynccontextmanager

from fastapi import FastAPI

from src.lines import lines


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.line = next(lines())
    yield


app = FastAPI(title="Lines", lifespan=lifespan)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
