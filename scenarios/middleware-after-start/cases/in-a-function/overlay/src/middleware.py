from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware


def add_middlewares(app: FastAPI) -> None:
    app.add_middleware(GZipMiddleware, minimum_size=500)
