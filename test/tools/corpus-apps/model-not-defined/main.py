from pydantic import BaseModel


class Order(BaseModel):
    user: "User"


order = Order(user=1)
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
