from parcels.main import app as _back
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from parcels.database import get_session
from parcels.models import Parcel, Status

router = APIRouter(prefix="/parcels", tags=["parcels"])
Database = Annotated[Session, Depends(get_session)]


class ParcelOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    status: Status


@router.get("/", response_model=list[ParcelOut])
def all_parcels(database: Database) -> list[Parcel]:
    return list(database.scalars(select(Parcel).order_by(Parcel.code)))


@router.post("/{code}", response_model=ParcelOut, status_code=201)
def add(code: str, database: Database) -> Parcel:
    parcel = Parcel(code=code, status=Status.waiting)
    database.add(parcel)
    database.commit()
    return parcel


@router.put("/{code}/status/{status}", response_model=ParcelOut)
def change(code: str, status: Status, database: Database) -> Parcel:
    parcel = database.scalar(select(Parcel).where(Parcel.code == code))
    if parcel is None:
        raise HTTPException(404, "There is no such parcel.")
    parcel.status = status
    database.commit()
    return parcel
