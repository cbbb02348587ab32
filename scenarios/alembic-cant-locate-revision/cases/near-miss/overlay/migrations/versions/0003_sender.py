"""A parcel has a sender."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("parcels", sa.Column("sender", sa.String(100), nullable=True))


def downgrade() -> None:
    op.drop_column("parcels", "sender")
