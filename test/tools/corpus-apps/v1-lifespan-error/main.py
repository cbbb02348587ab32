from fastapi import FastAPI

app = FastAPI()


@app.on_event("startup")
async def start():
    raise RuntimeError("no licence")

@app.get("/health")
async def health():
    return {"ok": True}
