from pydantic import BaseSettings


class Settings(BaseSettings):
    name: str


settings = Settings()
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
