import os

SECRET = os.environ["SECRET_KEY"]
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
