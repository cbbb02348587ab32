from pydantic import BaseModel


class Server(BaseModel):
    port: int
    token: str


class Config(BaseModel):
    servers: list[Server]
    name: str


Config.model_validate({"servers": [{"port": "x", "token": "t0ps3cret"}, {"port": 1}]})
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
