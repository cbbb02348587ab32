from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.database import get_session

router = APIRouter(prefix="/rooms")


@router.get("")
async def rooms(session: AsyncSession = Depends(get_session)) -> list[str]:
    return list(await session.scalars(select(Room.name).order_by(Room.name)))


@router.post("/{name}", status_code=201)
async def add_room(name: str, session: AsyncSession = Depends(get_session)) -> dict[str, int]:
    room = Room(name=name)
    session.add(room)
    await session.commit()
    return {"id": room.id}
