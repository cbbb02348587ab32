from alembic import context
from sqlalchemy import create_engine

from parcels.models import Base
from parcels.settings import settings

target_metadata = Base.metadata


def run_migrations_online() -> None:
    config = context.config
    config.set_main_option("sqlalchemy.url", settings.sqlalchemy_url)
    engine = create_engine(config.get_main_option("sqlalchemy.url"))
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run_migrations_online()
