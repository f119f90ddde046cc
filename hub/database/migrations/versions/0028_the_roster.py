"""Duty staff of the gates, the town's shifts with their least manning, and the roster."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    _staff()
    _terms()
    _roster()


def _staff() -> None:
    op.create_table(
        "duty_staff",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("unit", sa.Text),
        sa.Column("role", sa.Text),
        sa.Column("user", sa.Text),
        sa.Column("gates", sa.Text),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("until", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    op.create_index("duty_staff_name", "duty_staff", ["town", "name", "id"])
    op.create_index("duty_staff_user", "duty_staff", ["town", "user"])
    op.create_table(
        "duty_absences",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("staff", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("duty_absences_staff", "duty_absences", ["town", "staff", "since"])


def _terms() -> None:
    op.create_table(
        "duty_roles",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("zh", sa.Text, nullable=False),
        sa.Column("en", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_table(
        "duty_shifts",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("shift", sa.Text, primary_key=True),
        sa.Column("zh", sa.Text, nullable=False),
        sa.Column("en", sa.Text, nullable=False),
        sa.Column("starts", sa.Text, nullable=False),
        sa.Column("ends", sa.Text, nullable=False),
        sa.Column("removed_at", sa.Text),
    )
    op.create_table(
        "duty_manning",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("gate", sa.Text, primary_key=True),
        sa.Column("shift", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("least", sa.Integer, nullable=False),
    )
    op.create_table(
        "roster_rules",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("rest_hours", sa.Float, nullable=False),
        sa.Column("late_minutes", sa.Integer, nullable=False),
        sa.Column("absent_minutes", sa.Integer, nullable=False),
        sa.Column("lead_hours", sa.Integer, nullable=False),
        sa.Column("leader", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _roster() -> None:
    op.create_table(
        "roster",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("shift", sa.Text, primary_key=True),
        sa.Column("gate", sa.Text, primary_key=True),
        sa.Column("staff", sa.Text, primary_key=True),
        sa.Column("starts", sa.Text, nullable=False),
        sa.Column("ends", sa.Text, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("published_at", sa.Text),
        sa.Column("dropped_at", sa.Text),
    )
    op.create_index("roster_gate", "roster", ["town", "gate", "starts"])
    op.create_index("roster_staff", "roster", ["town", "staff", "starts"])
    op.create_index("roster_time", "roster", ["town", "starts"])
    op.create_table(
        "roster_weeks",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("week", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("published_at", sa.Text, nullable=False),
        sa.Column("published_by", sa.Text, nullable=False),
    )
    op.create_table(
        "roster_presence",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("shift", sa.Text, primary_key=True),
        sa.Column("gate", sa.Text, primary_key=True),
        sa.Column("staff", sa.Text, primary_key=True),
        sa.Column("came_at", sa.Text, nullable=False),
        sa.Column("left_at", sa.Text),
        sa.Column("noted_at", sa.Text, nullable=False),
        sa.Column("noted_by", sa.Text, nullable=False),
    )
    op.create_index("roster_presence_time", "roster_presence", ["town", "came_at"])
    op.create_index("gate_events_gate", "gate_events", ["town", "gate", "at"])


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_index("gate_events_gate", "gate_events")
    for table in (
        "roster_presence", "roster_weeks", "roster", "roster_rules", "duty_manning", "duty_shifts", "duty_roles",
        "duty_absences", "duty_staff",
    ):  # fmt: skip
        op.drop_table(table)
