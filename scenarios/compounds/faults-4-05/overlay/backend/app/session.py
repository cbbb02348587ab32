from sqlalchemy.orm import sessionmaker
import os
from collections.abc import AsyncGenerator

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

engine = create_async_engine(os.environ["DATABASE_URL"])
make_session = sessionmaker(engine, expire_on_commit=False)


async def session() -> AsyncGenerator[AsyncSession]:
    async with make_session() as current:
        yield current
