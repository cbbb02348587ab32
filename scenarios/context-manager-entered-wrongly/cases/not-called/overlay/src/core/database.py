"""The engine, the session factory and what uses them."""

import logging
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from src.core.config import settings

logger = logging.getLogger(__name__)


def build_engine(url: str) -> AsyncEngine:
    """One engine per process; its pool checks a connection before lending it."""
    return create_async_engine(
        url,
        echo=settings.sql_echo,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
    )


engine = build_engine(settings.database_url)

SessionLocal = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


async def init_db() -> None:
    """Create the tables of every model that has been imported."""
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    async with SessionLocal as session:
        await session.connection()
    logger.info("Tables are ready: %s", ", ".join(SQLModel.metadata.tables))


async def get_session() -> AsyncIterator[AsyncSession]:
    """A session for one request; closed, and rolled back if need be, when the request ends."""
    async with SessionLocal() as session:
        yield session


async def dispose_engine() -> None:
    """Close the pool's connections."""
    await engine.dispose()
