"""Columns for what a gate wrote instead of a time, and a table of what could not be derived or judged.

Rows that an older version took with such a time are marked here, and derived anew once all steps are done (`hub/lifecycle/upgrade.py`).
"""

import math
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from hub.values.stored import wall_of

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.add_column("visits", sa.Column("opened_said", sa.Text(), nullable=True))
    op.add_column("visits", sa.Column("closed_said", sa.Text(), nullable=True))
    undone = op.create_table(
        "undone",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("first_at", sa.Text(), nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("town", "what", "object"),
    )
    assert undone is not None
    for town in sorted(set(_odd())):
        row = {"town": town, "what": "projections", "object": "", "why": "values of an older version"}
        op.execute(undone.insert().values(**row, first_at="", last_at=""))


def _odd() -> Iterator[str]:
    """The towns of rows that this version derives otherwise: with times that are none, numbers beyond measure, hidden characters."""
    connection = op.get_bind()
    names = ("town", "opened_at", "closed_at", "spray_seconds", "litres", "plate")
    table = sa.table("visits", *(sa.column(name) for name in names))
    for town, opened, closed, seconds, litres, plate in connection.execute(sa.select(*table.c)):
        times = all(each is None or wall_of(each) for each in (opened, closed))
        numbers = all(
            each is None or (isinstance(each, (int, float)) and math.isfinite(each)) for each in (seconds, litres)
        )
        if not times or not numbers or not (plate or "").isprintable():
            yield town
    said = (("receipts", "at"), ("clock_sets", "after"), ("conflicts", "opened_at"), ("judged", "at"))
    for name, column in said:
        told = sa.table(name, sa.column("town"), sa.column(column))
        for town, at in connection.execute(sa.select(*told.c)):
            if not wall_of(at):
                yield town


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_table("undone")
    op.drop_column("visits", "closed_said")
    op.drop_column("visits", "opened_said")
