class Odd:
    def __del__(self):
        raise ValueError("too late")


Odd()
from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}
