"""A vehicle is found by any part of its plate and has notes; conflicts are found by vehicle; a form sent again does nothing twice."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LONGEST = 32
"""Characters of a plate that are looked at (`hub.ledger.projections.plate_ends`)."""
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_table(
        "plate_ends",
        sa.Column("town", sa.Text(), primary_key=True),
        sa.Column("ending", BYTEWISE, primary_key=True),
        sa.Column("plate", BYTEWISE, primary_key=True),
        sqlite_with_rowid=False,
    )
    for start in range(1, LONGEST + 1):
        op.execute(
            sa.text(
                "INSERT INTO plate_ends (town, ending, plate) SELECT town, substr(plate, :start, :most), plate FROM visits "
                "WHERE length(plate) >= :start GROUP BY town, plate ON CONFLICT DO NOTHING"
            ).bindparams(start=start, most=LONGEST + 1 - start)
        )
    op.create_table(
        "vehicle_notes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("vehicle", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("vehicle_notes_vehicle", "vehicle_notes", ["town", "vehicle", "id"])
    op.create_table(
        "answered_forms",
        sa.Column("form", sa.Text(), primary_key=True),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("leads_to", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
    )
    op.create_index("answered_forms_at", "answered_forms", ["at"])
    op.create_index("conflicts_plate", "conflicts", ["town", "plate"])
    op.create_index("conflicts_pass", "conflicts", ["town", "pass_id"])


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_index("conflicts_pass", table_name="conflicts")
    op.drop_index("conflicts_plate", table_name="conflicts")
    for table in ("answered_forms", "vehicle_notes", "plate_ends"):
        op.drop_table(table)
