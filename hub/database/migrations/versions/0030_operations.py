"""Operations with the decision that they go by, their history, the versions of their rules, closing reports."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
TEXTS = ("template", "zh", "en", "organ", "number", "measures", "scope", "laws", "registers", "starts")


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_table(
        "operations",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        sa.Column("ends", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("ended_at", "ended_by", "end_reason", "destroyed_at", "destroyed_by")),
    )
    op.create_table(
        "operation_history",
        sa.Column("id", BIG, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("town", "operation", "at", "by", "act", "number", "reason", "detail")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("operation_history_operation", "operation_history", ["town", "operation", "id"])
    op.create_table(
        "rule_versions",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("operation", "at", "by", "why", "text", "hash", "sig")),
        sa.Column("policy", BIG, nullable=False),
        sa.Column("again", sa.Integer),
    )
    op.create_index("rule_versions_hash", "rule_versions", ["town", "hash"])
    op.create_table(
        "operation_reports",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("operation", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("entry", BIG, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Brings the tables back to the version before."""
    for table in ("operation_reports", "rule_versions", "operation_history", "operations"):
        op.drop_table(table)
