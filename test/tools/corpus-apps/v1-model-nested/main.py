from typing import List

from pydantic import BaseModel


class Server(BaseModel):
    port: int


class Shop(BaseModel):
    servers: List[Server]


Shop.parse_obj({"servers": [{"port": "x"}, {}]})
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
