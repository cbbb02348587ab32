"""Registering, logging in, and finding out who is asking."""

from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from src.core.security import create_access_token, hash_password, raed_access_token as read_access_token, verify_password
from src.models import User
from src.models.errors import EmailTaken, InvalidToken, WrongCredentials
from src.models.user import UserCreate


class AuthService:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def register(self, data: UserCreate) -> User:
        user = User(email=data.email, full_name=data.full_name, hashed_password=hash_password(data.password))
        self.session.add(user)
        try:
            await self.session.commit()
        except IntegrityError as error:
            raise EmailTaken from error
        await self.session.refresh(user)
        return user

    async def login(self, email: str, password: str) -> str:
        """An access token for the user whose address and password these are."""
        user = await self.find_by_email(email)
        if user is None or not user.is_active or not verify_password(password, user.hashed_password):
            raise WrongCredentials
        return create_access_token(user.id)

    async def user_of_token(self, token: str) -> User:
        user_id = read_access_token(token)
        user = await self.session.get(User, user_id) if user_id else None
        if user is None or not user.is_active:
            raise InvalidToken
        return user

    async def find_by_email(self, email: str) -> User | None:
        result = await self.session.exec(select(User).where(User.email == email))
        return result.first()
