"""Zero reports of villages and gates, and their hours."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_table(
        "zero_report_terms",
        sa.Column("town", _BYTEWISE, primary_key=True),
        sa.Column("cut_off", sa.Text, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("gates", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    op.create_table(
        "zero_reports",
        sa.Column("town", _BYTEWISE, primary_key=True),
        sa.Column("day", _BYTEWISE, primary_key=True),
        sa.Column("reporter", _BYTEWISE, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Takes the tables away again."""
    op.drop_table("zero_reports")
    op.drop_table("zero_report_terms")
