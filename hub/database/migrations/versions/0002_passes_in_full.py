"""Passes in full: blocked and watched, sightings, conflicts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_table(
        "conflicts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=True),
        sa.Column("pass_id", sa.Text(), nullable=True),
        sa.Column("visit", sa.Text(), nullable=True),
        sa.Column("gate", sa.Text(), nullable=True),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("opened_entry", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_reason", sa.Text(), nullable=True),
        sa.Column("settled_entry", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("conflicts", schema=None) as batch_op:
        batch_op.create_index("conflicts_open", ["town", "settled_at", "opened_at"], unique=False)

    op.create_table(
        "sightings",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("visit", sa.Text(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Text(), nullable=True),
        sa.Column("plate", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("town", "n"),
    )
    with op.batch_alter_table("sightings", schema=None) as batch_op:
        batch_op.create_index("sightings_visit", ["visit"], unique=False)

    op.create_table(
        "watched",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("deny_in", sa.Boolean(), nullable=False),
        sa.Column("deny_out", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("town", "plate"),
    )
    with op.batch_alter_table("pass_keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revoked_at", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("revoked_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("revoked_reason", sa.Text(), nullable=True))

    with op.batch_alter_table("passes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("blocked_at", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("blocked_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("blocked_reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("replaces", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("reference", sa.Text(), nullable=True))
        batch_op.create_index("passes_reference", ["town", "reference"], unique=False)

    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index("visits_pass", ["town", "pass_id", "opened_at"], unique=False)


def downgrade() -> None:
    """Brings the tables back to the version before."""
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.drop_index("visits_pass")

    with op.batch_alter_table("passes", schema=None) as batch_op:
        batch_op.drop_index("passes_reference")
        batch_op.drop_column("reference")
        batch_op.drop_column("replaces")
        batch_op.drop_column("blocked_reason")
        batch_op.drop_column("blocked_by")
        batch_op.drop_column("blocked_at")

    with op.batch_alter_table("pass_keys", schema=None) as batch_op:
        batch_op.drop_column("revoked_reason")
        batch_op.drop_column("revoked_by")
        batch_op.drop_column("revoked_at")

    op.drop_table("watched")
    with op.batch_alter_table("sightings", schema=None) as batch_op:
        batch_op.drop_index("sightings_visit")

    op.drop_table("sightings")
    with op.batch_alter_table("conflicts", schema=None) as batch_op:
        batch_op.drop_index("conflicts_open")

    op.drop_table("conflicts")
