from fastapi import FastAPI

app = FastAPI()

@app.get("/health")
async def health():
    return {"ok": True}

<<<<<<< HEAD
name = 1
=======
name = 2
>>>>>>> other
