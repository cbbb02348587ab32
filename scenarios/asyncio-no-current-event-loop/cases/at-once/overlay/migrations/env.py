import asyncio

from alembic import context
from sqlalchemy import create_engine

from parcels.models import Base
from parcels.settings import settings

target_metadata = Base.metadata


async def run_migrations_online() -> None:
    engine = create_engine(settings.sqlalchemy_url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


asyncio.get_event_loop().run_until_complete(run_migrations_online())
