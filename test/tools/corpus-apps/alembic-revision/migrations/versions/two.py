revision = "two"
down_revision = "one"


def upgrade():
    pass
