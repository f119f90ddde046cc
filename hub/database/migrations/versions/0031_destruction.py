"""The destruction of an operation's personal values; rows of the audit whose particulars can be destroyed."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
COMMITTED = ("object_salt", "object_hash", "detail_salt", "detail_hash")
TABLES = (
    "destroyed_operations",
    "destruction_decisions",
    "destructions",
    "destruction_steps",
    "destruction_gates",
    "destruction_reports",
)


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    for name in COMMITTED:
        op.add_column("audit", sa.Column(name, sa.Text))
    op.create_table(
        "destroyed_operations",
        *_key("town", "operation"),
        sa.Column("destroyed_at", sa.Text, nullable=False),
        sa.Column("up_to", BIG, nullable=False),
        sa.Column("entry", sa.Integer, nullable=False),
    )
    op.create_table(
        "destruction_decisions",
        *_key("town", "operation", "part"),
        sa.Column("choice", sa.Text, nullable=False),
        sa.Column("until", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_at", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
    )
    _destructions()
    op.create_table(
        "destruction_steps",
        *_key("town", "destruction", "step"),
        sa.Column("done_at", sa.Text),
        sa.Column("place", BIG, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
    )
    op.create_table(
        "destruction_gates",
        *_key("town", "destruction", "gate"),
        sa.Column("order", sa.Text, nullable=False),
    )
    op.create_table(
        "destruction_reports",
        *_key("town", "destruction"),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("sig", sa.Text, nullable=False),
    )


def _destructions() -> None:
    op.create_table(
        "destructions",
        *_key("id"),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("requested_at", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("confirmed_at", sa.Text),
        sa.Column("confirmed_by", sa.Text),
        sa.Column("ended_at", sa.Text),
        sa.Column("recipient", sa.Text),
        sa.Column("up_to", BIG),
        sa.Column("error", sa.Text),
    )
    op.create_index("destructions_time", "destructions", ["town", "requested_at"])


def _key(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def downgrade() -> None:
    """Brings the tables back to the version before."""
    for name in reversed(TABLES):
        op.drop_table(name)
    for name in COMMITTED:
        op.drop_column("audit", name)
