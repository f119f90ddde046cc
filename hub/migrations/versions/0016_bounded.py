"""Questions that one gate or one plate could make long are answered by an index: bridges by number, clocks by boot, passages by time."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NEW = (
    ("bridges_seq", "bridges", ["town", "gate", "epoch", "seq"]),
)  # fmt: skip


def upgrade() -> None:
    """This step."""
    for name, table, columns in NEW:
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Its undoing."""
    for name, table, _ in NEW:
        op.drop_index(name, table_name=table)
