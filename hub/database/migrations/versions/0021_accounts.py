"""Accounts in the browser: first passwords that must be changed, changes counted, where sessions are; and the first setting up of a town."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.add_column("users", sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("users", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("users", sa.Column("signed_in_at", sa.Text))
    for name in ("address", "browser", "used_at"):
        op.add_column("sessions", sa.Column(name, sa.Text))
    users = sa.table("users", sa.column("id", sa.Text), sa.column("signed_in_at", sa.Text))
    sessions = sa.table("sessions", sa.column("user", sa.Text), sa.column("created_at", sa.Text))
    last = sa.select(sa.func.max(sessions.c.created_at)).where(sessions.c.user == users.c.id).scalar_subquery()
    op.execute(sa.update(users).values(signed_in_at=last))
    op.create_table(
        "setups",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("code", sa.Text),
        sa.Column("code_ends_at", sa.Text, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("done", sa.Text, nullable=False),
        sa.Column("bundled", sa.Text, nullable=False),
        sa.Column("finished_at", sa.Text),
    )


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_table("setups")
    for table, names in (
        ("sessions", ("used_at", "browser", "address")),
        ("users", ("signed_in_at", "version", "must_change")),
    ):
        for name in names:
            op.drop_column(table, name)
