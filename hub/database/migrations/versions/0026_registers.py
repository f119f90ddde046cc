"""Registers declared by the town, their rows, what rows are found by, their history and pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_table(
        "registers",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("declaration", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
    )
    op.create_table(
        "register_rows",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("register", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("parent", sa.Integer),
        sa.Column("day", sa.Text),
        sa.Column("unit", sa.Text),
        sa.Column("gate", sa.Text),
        sa.Column("visit", sa.Text),
        sa.Column("pass_id", sa.Text),
        sa.Column("state", sa.Text),
        sa.Column("due_at", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("private", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("removed_at", sa.Text),
        sa.Column("removed_why", sa.Text),
        sa.UniqueConstraint("town", "register", "number"),
        sqlite_autoincrement=True,
    )
    op.create_index("register_rows_state", "register_rows", ["town", "register", "removed_at", "state", "number"])
    op.create_index("register_rows_due", "register_rows", ["town", "due_at", "register"])
    op.create_index("register_rows_parent", "register_rows", ["town", "parent", "register", "day"])
    op.create_index("register_rows_unit", "register_rows", ["town", "register", "unit", "number"])
    op.create_index("register_rows_subject", "register_rows", ["town", "register", "subject"])
    op.create_index("register_rows_visit", "register_rows", ["town", "visit"])
    op.create_index("register_rows_pass", "register_rows", ["town", "pass_id"])
    op.create_table(
        "register_history",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("private", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("register_history_row", "register_history", ["town", "row", "id"])
    op.create_table(
        "register_words",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("register", sa.Text, primary_key=True),
        sa.Column("ending", _BYTEWISE, primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("field", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("register_words_row", "register_words", ["town", "row"])
    op.create_table(
        "register_pictures",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("row", sa.Integer),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("media", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
    )
    op.create_index("register_pictures_row", "register_pictures", ["town", "row"])


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_table("register_pictures")
    op.drop_table("register_words")
    op.drop_table("register_history")
    op.drop_table("register_rows")
    op.drop_table("registers")
