"""A form that met an ended session waits, encrypted, in the new session of the same user."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.add_column("sessions", sa.Column("kept", sa.Text))


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_column("sessions", "kept")
