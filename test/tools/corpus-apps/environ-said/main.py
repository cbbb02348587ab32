import os

if not os.getenv("JWT_SECRET"):
    raise ValueError("JWT_SECRET environment variable is not set")
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
