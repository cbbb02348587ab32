from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Owner(Base):
    __tablename__ = "owners"

    id: Mapped[int] = mapped_column(primary_key=True)
