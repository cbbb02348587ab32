"""A parcel has a status."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

status = sa.Enum("waiting", "sent", "arrived", name="parcel_status")


def upgrade() -> None
    status.create(op.get_bind())
    op.add_column("parcels", sa.Column("status", status, nullable=False, server_default="waiting"))


def downgrade() -> None:
    op.drop_column("parcels", "status")
    status.drop(op.get_bind())
