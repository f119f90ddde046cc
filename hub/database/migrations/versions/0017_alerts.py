"""Alerts of everything that needs a person: what each is about, snoozed until when, in which order they changed; and up to which entry they were raised."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TEXTS = ("lane", "visit_id", "conflict_id", "happened_at", "snoozed_until", "snoozed_by")


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.add_column("alerts", sa.Column("subject", sa.Text(), nullable=False, server_default=""))
    for name in TEXTS:
        op.add_column("alerts", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("alerts", sa.Column("changed", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("alerts_changed", "alerts", ["town", "changed"])
    op.create_index("alerts_standing", "alerts", ["town", "ended_at", "what"])
    op.create_table(
        "alerted",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("town"),
    )
    # what the ledger holds already raises nothing
    op.execute("INSERT INTO alerted (town, entry) SELECT town, max(id) FROM entries GROUP BY town")


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_table("alerted")
    op.drop_index("alerts_standing", table_name="alerts")
    op.drop_index("alerts_changed", table_name="alerts")
    op.drop_column("alerts", "changed")
    for name in reversed(TEXTS):
        op.drop_column("alerts", name)
    op.drop_column("alerts", "subject")
