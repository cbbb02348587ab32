try:
    import ujson_missing
except ImportError:
    import simplejson_missing
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
