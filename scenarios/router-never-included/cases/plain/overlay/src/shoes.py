"""Sizes of shoes."""

from fastapi import APIRouter

router = APIRouter()


@router.get("/shoes")
async def shoes() -> list[int]:
    return [38, 39, 40]
