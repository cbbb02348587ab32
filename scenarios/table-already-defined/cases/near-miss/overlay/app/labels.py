from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Tag(Base):
    __tablename__ = "labels"

    id: Mapped[int] = mapped_column(primary_key=True)
