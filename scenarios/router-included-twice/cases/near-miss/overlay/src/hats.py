"""Sizes of hats."""

from fastapi import APIRouter

router = APIRouter()


@router.get("/hats")
async def hats() -> list[int]:
    return [56, 57]
