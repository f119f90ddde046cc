"""Attempts to sign in, and plates that viewers look for, are counted in the database: a restart forgets none."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_table(
        "attempts",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("count", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
    )
    op.create_index("attempts_at", "attempts", ["at"])
    op.create_index("attempts_user", "attempts", ["user"])


def downgrade() -> None:
    """Back from this step."""
    op.drop_table("attempts")
