"""When each register was last written in, found without a look at its rows; imports of long lists."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_index("register_rows_late", "register_rows", ["town", "register", "due_at"])
    op.create_index("register_rows_changed", "register_rows", ["town", "register", "changed_at"])
    op.create_table(
        "register_imports",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("register", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("ignored", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("rows_done", sa.Integer, nullable=False),
        sa.Column("rows_all", sa.Integer, nullable=False),
        sa.Column("numbers", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("begun_at", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
    )
    op.create_index("register_imports_begun", "register_imports", ["town", "register", "begun_at"])


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_table("register_imports")
    op.drop_index("register_rows_late", "register_rows")
    op.drop_index("register_rows_changed", "register_rows")
