from sqlalchemy import create_engine

engine = create_engine("postgresql://app:hunter2@127.0.0.1:5999/app")
engine.connect()
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
