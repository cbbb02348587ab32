from rich.traceback import install

install(show_locals=True, width=100)

from app import broken
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
