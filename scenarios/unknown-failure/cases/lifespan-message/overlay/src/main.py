"""The application: start-up, routers and the health check."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from src.api.auth import router as auth_router
from src.core.config import settings
from src.core.database import dispose_engine, get_session, init_db
from src.models import User
from src.models.errors import register_error_handlers


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Create missing tables before the first request, close the pool after the last."""
    await init_db()
    yield
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
    """Healthy means that the database answers and has its tables."""
    await session.exec(select(User).limit(1))
    return {"status": "ok"}


class RequestId:
    """Puts an id on every response. Reads the headers of every message, and a lifespan message has none."""

    def __init__(self, inner: FastAPI) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        sent = dict(scope["headers"]).get(b"x-request-id")
        request_id = sent or uuid4().hex.encode()

        async def send_with_id(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id)]
            await send(message)

        await self.inner(scope, receive, send_with_id)


server = RequestId(app)
