"""Numbers that gates say fit wherever the contract allows them; what a gate had refused is found newest first."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NUMBERS = (
    ("entries", "seq"), ("signatures", "seq"), ("cursors", "committed"), ("cursors", "backed_up"), ("quarantine", "seq"),
    ("bridges", "first"), ("bridges", "last"), ("bridges", "seq"), ("ahead", "first"), ("ahead", "last"),
    ("visits", "entry_seq"), ("clock_sets", "seq"), ("clock_sets", "mono_ms"), ("gate_status", "conn"),
)  # fmt: skip


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    _alter(sa.BigInteger())
    op.create_index("quarantine_newest", "quarantine", ["town", "gate", "id"])


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_index("quarantine_newest", table_name="quarantine")
    _alter(sa.Integer())


def _alter(type_: sa.types.TypeEngine[int]) -> None:
    # SQLite's whole numbers have 64 bits in any case
    if op.get_bind().dialect.name == "postgresql":
        for table, column in NUMBERS:
            op.alter_column(table, column, type_=type_)
