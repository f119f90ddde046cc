"""When each register was last written in, found without a look at its rows."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_index("register_rows_changed", "register_rows", ["town", "register", "changed_at"])


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_index("register_rows_changed", "register_rows")
