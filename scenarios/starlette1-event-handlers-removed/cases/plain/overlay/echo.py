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


READY = []

app = Starlette(routes=[Route("/", index), Route("/echo", echo, methods=["POST"])])


@app.on_event("startup")
async def open_book() -> None:
    READY.append(True)


@app.on_event("shutdown")
def close_book() -> None:
    READY.clear()
