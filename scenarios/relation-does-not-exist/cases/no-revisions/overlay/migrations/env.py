"""Set up once, and never asked for a revision."""

from alembic import context

context.configure(url="postgresql://", target_metadata=None, literal_binds=True)
