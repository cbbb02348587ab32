"""Password hashes and access tokens."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
from pwdlib import PasswordHash

from src.core.config import settings

ALGORITHM = "HS256"
SIGNING_KEY = settings.secret_key.encode()

password_hash = PasswordHash.recommended()


def hash_password(password: str) -> str:
    return password_hash.hash(password)


def verify_password(password: str, hashed: str) -> bool:
    return password_hash.verify(password, hashed)


def create_access_token(user_id: UUID) -> str:
    expires = datetime.now(UTC) + timedelta(minutes=settings.access_token_minutes)
    return jwt.encode({"sub": str(user_id), "exp": expires}, SIGNING_KEY, algorithm=ALGORITHM)


def read_access_token(token: str) -> UUID | None:
    """The user's id, or None when the token is expired, forged or malformed."""
    try:
        claims = jwt.decode(token, SIGNING_KEY, algorithms=[ALGORITHM], options={"require": ["sub", "exp"]})
        return UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):
        return None
