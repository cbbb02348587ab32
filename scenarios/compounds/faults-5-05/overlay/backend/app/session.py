import os
from collections.abc import AsyncGenerator

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

engine = create_engine(os.environ["DATABASE_URL"])
make_session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


async def session_v2() -> AsyncGenerator[AsyncSession]:
    async with make_session() as current:
        yield current
