from starlette.config import Config

DEBUG = Config()("APP_DEBUG", cast=bool)
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
