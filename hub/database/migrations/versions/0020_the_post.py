"""The post: who was on duty with what was written down, derived from the hub's own entries; the plan and where gates stand on it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_table(
        "duties",
        sa.Column("entry", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("shift", sa.Text, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("relieves", sa.Text),
        sa.Column("offer", sa.Integer),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("open_matters", sa.Integer, nullable=False),
        sa.Column("taken", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
        sa.Column("ended_by", sa.Text),
        sa.Column("ended_why", sa.Text),
        sa.Column("ended_entry", sa.Integer),
    )
    op.create_index("duties_time", "duties", ["town", "started_at", "entry"])
    op.create_index("duties_open", "duties", ["town", "ended_at"])
    op.create_index("duties_shift", "duties", ["town", "shift"])
    op.create_table(
        "duty_notes",
        sa.Column("entry", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("shift", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("handover", sa.Text),
    )
    op.create_index("duty_notes_shift", "duty_notes", ["town", "shift", "entry"])
    _of_the_map()


def _of_the_map() -> None:
    op.create_table(
        "gate_places",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("gate", sa.Text, primary_key=True),
        sa.Column("plan", sa.Text, primary_key=True),
        sa.Column("x", sa.Float, nullable=False),
        sa.Column("y", sa.Float, nullable=False),
        sa.Column("placed_at", sa.Text, nullable=False),
        sa.Column("placed_by", sa.Text, nullable=False),
    )
    op.create_table(
        "plans",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Brings the tables back to the version before."""
    for table in ("plans", "gate_places", "duty_notes", "duties"):
        op.drop_table(table)
