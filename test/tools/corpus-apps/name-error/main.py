from fastapi import FastAPI

app = FastAPI()


@app.get("/items")
async def items(limit: Optional[int] = None):
    return []

@app.get("/health")
async def health():
    return {"ok": True}
