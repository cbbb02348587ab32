from contextlib import asynccontextmanager

from fastapi import FastAPI
class Client:
    def __init__(self, timeout):
        self.timeout = timeout


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.client = Client(timeout=None)
    await app.state.client.start()
    yield


app = FastAPI(lifespan=lifespan)

@app.get("/health")
async def health():
    return {"ok": True}
