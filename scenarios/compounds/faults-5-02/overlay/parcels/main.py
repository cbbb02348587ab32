from fastapi import FastAPI
from sqlalchemy import text

from parcels.database import SessionLocal
from parcels.routes import router

app = FastAPI(title="Parcels")
app.include_router(router)


@app.get("/health")
def health() -> dict[str, str]:
    with SessionLocal() as session:
        session.execute("SELECT 1")
    return {"status": "ok"}
