"""Pictures of crossings that were asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_table(
        "pictures",
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("visit", sa.Text(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.Text(), nullable=True),
        sa.Column("jpeg", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("town", "visit"),
    )
    with op.batch_alter_table("pictures", schema=None) as batch_op:
        batch_op.create_index("pictures_hash", ["town", "gate", "hash"], unique=False)


def downgrade() -> None:
    """Brings the tables back to the version before."""
    with op.batch_alter_table("pictures", schema=None) as batch_op:
        batch_op.drop_index("pictures_hash")

    op.drop_table("pictures")
