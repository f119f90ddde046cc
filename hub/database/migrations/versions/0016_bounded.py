"""Questions that one gate or one plate could make long are answered by an index: bridges by number, clocks by boot, passages by time."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BARE = sa.text("coalesce(plate, '') = ''")
NEW = (
    ("bridges_seq", "bridges", ["town", "gate", "epoch", "seq"]),
    ("conflicts_what", "conflicts", ["town", "settled_at", "what"]),
    ("conflicts_visit", "conflicts", ["town", "visit"]),
)
LONGER = (
    ("visits_plate", "visits", ["town", "plate"], "closed_at"),
    ("clock_sets_boot", "clock_sets", ["town", "gate", "boot"], "mono_ms"),
)


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    for name, table, columns in NEW:
        op.create_index(name, table, columns)
    for name, table, columns, last in LONGER:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, [*columns, last])
    op.create_index("visits_bare", "visits", ["town", "pass_id", "closed_at"], sqlite_where=BARE, postgresql_where=BARE)


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_index("visits_bare", table_name="visits")
    for name, table, columns, _ in LONGER:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns)
    for name, table, _ in NEW:
        op.drop_index(name, table_name=table)
