"""The application: start-up, routers and the health check."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from src.api.auth import router as auth_router
from src.core.config import settings
from src.core.database import dispose_engine, get_session, init_db
from src.models.errors import register_error_handlers


def load_words() -> list[str]:
    """Stands for a model or a list that is loaded, for a service that is slow to answer."""
    time.sleep(6)
    return ["a", "b"]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Create missing tables before the first request, close the pool after the last."""
    background = asyncio.create_task(asyncio.to_thread(load_words))
    await init_db()
    yield
    background.cancel()
    await dispose_engine()


app = FastAPI(title=settings.app_name, lifespan=lifespan)

app.add_middleware(
    CORSMiddleware,
    allow_origins=settings.allowed_origins,
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)

register_error_handlers(app)
app.include_router(auth_router, prefix="/api/auth", tags=["auth"])


@app.get("/health", tags=["health"])
async def health(session: AsyncSession = Depends(get_session)) -> dict[str, str]:
    """Healthy means that the database answers."""
    await session.exec(select(1))
    return {"status": "ok"}
