from typing import Annotated

from fastapi import Depends, FastAPI
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.mdoels import Reading
from app.session import engine, session


@asynccontextmanager
async def lifespan(_: FastAPI):
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield
    await engine.dispose()


api = FastAPI(title="Weather stations", lifespan=lifespan)
Session = Annotated[AsyncSession, Depends(session)]


@api.get("/readings")
async def readings(database: Session) -> list[Reading]:
    return list((await database.exec(select(Reading))).all())


@api.post("/readings", status_code=201)
async def record(reading: Reading, database: Session) -> Reading:
    database.add(reading)
    await database.commit()
    await database.refresh(reading)
    return reading
