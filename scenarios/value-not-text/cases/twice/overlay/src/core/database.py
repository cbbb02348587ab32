"""The engine, the session factory and what uses them."""

import logging
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from src.core.config import settings

logger = logging.getLogger(__name__)


ENGINES: dict[str, AsyncEngine] = {
    "writer": create_async_engine(settings.database_url, pool_pre_ping=True),
    "reader": create_async_engine(settings.database_url, pool_pre_ping=True),
}
engine = ENGINES["writer"]

SessionLocal = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


async def init_db() -> None:
    """Create the tables of every model that has been imported."""
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    logger.info("Tables are ready: %s", ", ".join(SQLModel.metadata.tables))


async def get_session() -> AsyncIterator[AsyncSession]:
    """A session for one request; closed, and rolled back if need be, when the request ends."""
    async with SessionLocal() as session:
        yield session


async def dispose_engine() -> None:
    """Close the pool's connections."""
    await engine.dispose()
