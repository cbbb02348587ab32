"""Routes below /api/auth."""

from typing import Annotated

from fastapi import APIRouter, Depends, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel.ext.asyncio.session import AsyncSession

from src.core.database import get_session
from src.models import User
from src.models.errors import InvalidToken
from src.models.user import Token, UserCreate, UserLogin, UserPublic
from src.services.auth_service import AuthService

router = APIRouter()
bearer = HTTPBearer(auto_error=False)


def get_auth_service(session: Annotated[AsyncSession, Depends(get_session)]) -> AuthService:
    return AuthService(session)


Service = Annotated[AuthService, Depends(get_auth_service)]


async def get_current_user(
    service: Service,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> User:
    if credentials is None:
        raise InvalidToken
    return await service.user_of_token(credentials.credentials)


@router.post("/register", response_model=UserPublic, status_code=status.HTTP_201_CREATED)
async def register(data: UserCreate, service: Service) -> User:
    return await service.register(data)


@router.post("/login")
async def login(data: UserLogin, service: Service) -> Token:
    return Token(access_token=await service.login(data.email, data.password))


@router.get("/me", response_model=UserPublic)
async def me(user: Annotated[User, Depends(get_current_user)] = Depends(get_current_user)) -> User:
    return user
