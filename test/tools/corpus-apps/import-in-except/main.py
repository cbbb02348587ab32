try:
    import orjson_missing as orjson
except ImportError as error:
    raise RuntimeError("the JSON extension is needed") from error
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
