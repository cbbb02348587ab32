from sqlalchemy import Column, Integer, Table
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import NullType


class Base(DeclarativeBase):
    pass


orders = Table("orders", Base.metadata, Column("id", Integer, primary_key=True), Column("state", NullType()))
