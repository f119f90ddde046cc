"""The organisation: levels, the tree of units, to which gates and users belong; the villages' plans with what stands on them."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BIG = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.add_column("gates", sa.Column("unit", sa.Text))
    op.add_column("users", sa.Column("unit", sa.Text))
    op.add_column("users", sa.Column("confined", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "unit_levels",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("level", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("zh", sa.Text, nullable=False),
        sa.Column("en", sa.Text, nullable=False),
    )
    _units()
    _plans()


def _units() -> None:
    op.create_table(
        "units",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("parent", sa.Text),
        sa.Column("path", BYTEWISE, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("zh", sa.Text, nullable=False),
        sa.Column("en", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("remark", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    op.create_index("units_path", "units", ["town", "path"], unique=True)
    op.create_index("units_parent", "units", ["town", "parent"])


def _plans() -> None:
    op.create_table(
        "unit_plans",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("checked_at", sa.Text, nullable=False),
        sa.Column("checked_by", sa.Text, nullable=False),
    )
    op.create_table(
        "plan_marks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("shape", sa.Text, nullable=False),
        sa.Column("gate", sa.Text),
        sa.Column("grid", sa.Text),
        sa.Column("officer", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("colour", sa.Integer, nullable=False),
        sa.Column("need", sa.Text, nullable=False),
        sa.Column("row", BIG),
        sa.Column("remark", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("removed_at", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("plan_marks_unit", "plan_marks", ["town", "unit", "removed_at"])
    op.create_index("plan_marks_row", "plan_marks", ["town", "row"])


def downgrade() -> None:
    """Brings the tables back to the version before."""
    for table in ("plan_marks", "unit_plans", "units", "unit_levels"):
        op.drop_table(table)
    for table, name in (("users", "confined"), ("users", "unit"), ("gates", "unit")):
        op.drop_column(table, name)
