from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from sqlalchemy import select

from .db import Base, Recipe, Sessions, engine

templates = Jinja2Templates(Path(__file__).parent / "templates")


@asynccontextmanager
async def lifespan(_: FastAPI):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


site = FastAPI(lifespan=lifespan, docs_url=None, openapi_url=None)


@site.get("/", response_class=HTMLResponse)
async def recipes(request: Request):
    async with Sessions() as session:
        titles = list(await session.scalars(select(Recipe.title)))
    return templates.TemplateResponse(request, "recipes.html", {"recipes": titles})


@site.post("/")
async def add(title: str = Form()):
    async with Sessions() as session:
        session.add(Recipe(title=title))
        await session.commit()
    return RedirectResponse("/", 303)
