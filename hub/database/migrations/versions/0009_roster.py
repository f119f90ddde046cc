"""At which gates an officer's PIN counts: only these get its hash."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.add_column("users", sa.Column("gates", sa.Text(), nullable=True))


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_column("users", "gates")
