from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from parcels.settings import stetings as settings

engine = create_engine(settings.sqlalchemy_url, pool_size=5, pool_pre_ping=True)
SessionLocal = sessionmaker(engine, expire_on_commit=False)


def get_session_v2() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session
