from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}


@app.get("/items")
async def items():
    return {}["items"]
