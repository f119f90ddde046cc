"""Figures: counts of visits by hour, day and month, what gates reported besides visits, and the daily reports."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BIG = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Brings the tables from the version before to this one; the counts are derived anew by `hub.lifecycle.upgrade`."""
    op.create_table(
        "visit_sums",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("level", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("gate", sa.Text, primary_key=True),
        sa.Column("span", BYTEWISE, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("n", BIG, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gate_events",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("gate", sa.Text, primary_key=True),
        sa.Column("epoch", sa.Text, primary_key=True),
        sa.Column("seq", BIG, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", BYTEWISE, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("officer", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("gate_events_time", "gate_events", ["town", "kind", "at"])
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("entry", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("private", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("remarks", sa.Text, nullable=False),
        sa.Column("remarks_by", sa.Text),
        sa.Column("remarks_at", sa.Text),
        sa.UniqueConstraint("town", "day", "version"),
        sqlite_autoincrement=True,
    )
    op.create_index("visits_overridden", "visits", ["town", "opened_at"], **_where("override_what IS NOT NULL"))
    op.create_index("visits_emergency", "visits", ["town", "opened_at"], **_where("read_by = 'emergency'"))
    op.execute(
        "INSERT INTO undone (town, what, object, why, first_at, last_at) SELECT town, 'projections', '', "
        "'figures were not counted yet', '', '' FROM ledgers WHERE count > 0 ON CONFLICT DO NOTHING"
    )


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.execute("DELETE FROM undone WHERE why = 'figures were not counted yet'")
    op.drop_index("visits_emergency", table_name="visits")
    op.drop_index("visits_overridden", table_name="visits")
    for table in ("reports", "gate_events", "visit_sums"):
        op.drop_table(table)
