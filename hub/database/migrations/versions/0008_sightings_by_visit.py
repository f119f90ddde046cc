"""A visit knows its sighting's number, so that sightings need no index of random ids; two tables without a second key."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES: dict[str, Callable[[], tuple[sa.Column[Any] | sa.PrimaryKeyConstraint, ...]]] = {
    "sightings": lambda: (
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("visit", sa.Text(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Text(), nullable=True),
        sa.Column("plate", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("town", "n"),
    ),
    "last_passed": lambda: (
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("vehicle", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("town", "vehicle"),
    ),
}


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.add_column("visits", sa.Column("sighting", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE visits SET sighting = (SELECT sightings.n FROM sightings"
        " WHERE sightings.visit = visits.visit_id AND sightings.town = visits.town)"
    )
    op.drop_index("sightings_visit", table_name="sightings")
    _anew(with_rowid=False)


def downgrade() -> None:
    """Brings the tables back to the version before."""
    _anew(with_rowid=True)
    op.create_index("sightings_visit", "sightings", ["visit"])
    op.drop_column("visits", "sighting")


def _anew(*, with_rowid: bool) -> None:
    for name, columns in TABLES.items():
        op.rename_table(name, f"{name}_before")
        made = op.create_table(name, *columns(), sqlite_with_rowid=with_rowid)
        assert made is not None
        names = [each.name for each in made.c]
        before = sa.table(f"{name}_before", *(sa.column(each) for each in names))
        op.execute(made.insert().from_select(names, sa.select(*before.c)))
        op.drop_table(f"{name}_before")
