"""Columns of a visit for the flow sensor and for officers who decide by PIN."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

VISITS = (("override_what", sa.Text()), ("turn_back_why", sa.Text()), ("litres", sa.Float()))


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    for name, type_ in VISITS:
        op.add_column("visits", sa.Column(name, type_, nullable=True))
    op.add_column("users", sa.Column("pin", sa.Text(), nullable=True))


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_column("users", "pin")
    for name, _ in reversed(VISITS):
        op.drop_column("visits", name)
