"""Keys that the hub and its gates signed with before a rekey, and up to which entry each counts."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_table(
        "former_keys",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("until_entry", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("town", "gate", "public_key"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("former_keys")
