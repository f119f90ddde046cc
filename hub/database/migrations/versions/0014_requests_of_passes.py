"""A pass knows the form that asked for it, so that a form sent twice issues one pass."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.add_column("passes", sa.Column("request", sa.Text(), nullable=True))
    op.create_index("passes_request", "passes", ["town", "request"], unique=True)


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_index("passes_request", table_name="passes")
    op.drop_column("passes", "request")
