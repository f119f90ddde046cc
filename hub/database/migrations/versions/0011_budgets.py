"""Limits of each gate's room in the quarantine, counts of what was not kept, and alerts that count."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.add_column("quarantine", sa.Column("sort", sa.Text(), nullable=False, server_default="noise"))
    op.execute(
        "UPDATE quarantine SET sort = CASE WHEN hash IS NOT NULL THEN 'poison' WHEN why LIKE 'fork: %' THEN 'fork'"
        " WHEN why LIKE 'records % sent ahead of a backlog %' THEN 'ahead' ELSE 'noise' END"
    )
    op.create_index("quarantine_sort", "quarantine", ["town", "gate", "sort"])
    op.create_table(
        "unkept",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("first_at", sa.Text(), nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("town", "gate", "what"),
    )
    op.add_column("alerts", sa.Column("later", sa.Text(), nullable=True))


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_column("alerts", "later")
    op.drop_table("unkept")
    op.drop_index("quarantine_sort", table_name="quarantine")
    op.drop_column("quarantine", "sort")
