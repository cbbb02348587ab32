"""Gives back what it is sent."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


async def index(_: Request) -> Response:
    return PlainTextResponse("POST something to /echo\n")


async def echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse({"bytes": len(body), "text": body.decode("utf-8", "replace")})


async def open_book() -> None:
    pass


app = Starlette(routes=[Route("/", index), Route("/echo", echo, methods=["POST"])], on_startup=[open_book])
