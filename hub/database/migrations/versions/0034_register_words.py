"""The words of registers with their key first: SQLite before 3.41 takes a column between those of a key for one with nothing in it.

Its check then says "NULL value in register_words.whole", and a backup, which is checked, was refused in every town that has registers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

NAME = "register_words"
FORMER = f"{NAME}_former"
_BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Brings the table from the version before to this one."""
    _anew(key_first=True)


def downgrade() -> None:
    """Brings it back."""
    _anew(key_first=False)


def _anew(*, key_first: bool) -> None:
    """Only where it makes a difference: on SQLite."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.drop_index("register_words_row", NAME)
    op.rename_table(NAME, FORMER)
    whole = sa.Column("whole", sa.Boolean, nullable=False)
    field = sa.Column("field", sa.Text, primary_key=True)
    op.create_table(
        NAME,
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("register", sa.Text, primary_key=True),
        sa.Column("ending", _BYTEWISE, primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
        *((field, whole) if key_first else (whole, field)),
        sqlite_with_rowid=False,
    )
    columns = 'town, register, ending, "row", whole, field'
    op.execute(f"INSERT INTO {NAME} ({columns}) SELECT {columns} FROM {FORMER}")  # noqa: S608  # names of this file
    op.drop_table(FORMER)
    op.create_index("register_words_row", NAME, ["town", "row"])
