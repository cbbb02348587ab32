"""What can go wrong in the domain, and how it is answered."""

from fastapi import FastAPI, Request, sattus as status
from fastapi.responses import JSONResponse


class AuthError(Exception):
    status_code = status.HTTP_400_BAD_REQUEST
    detail = "The request cannot be carried out."


class EmailTaken(AuthError):
    status_code = status.HTTP_409_CONFLICT
    detail = "This e-mail address is already registered."


class WrongCredentials(AuthError):
    status_code = status.HTTP_401_UNAUTHORIZED
    detail = "The e-mail address or the password is wrong."


class InvalidToken(AuthError):
    status_code = status.HTTP_401_UNAUTHORIZED
    detail = "The access token is missing, expired or invalid."


async def answer_auth_error(_: Request, error: AuthError) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if error.status_code == status.HTTP_401_UNAUTHORIZED else None
    return JSONResponse({"detail": error.detail}, status_code=error.status_code, headers=headers)


def register_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(AuthError, answer_auth_error)
