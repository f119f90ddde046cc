"""Lists that are written to a file in a process of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    op.create_table(
        "export_jobs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("filter", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("rows_done", sa.Integer, nullable=False),
        sa.Column("rows_all", sa.Integer, nullable=False),
        sa.Column("bytes", sa.Integer().with_variant(sa.BigInteger(), "postgresql")),
        sa.Column("error", sa.Text),
        sa.Column("begun_at", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
    )
    op.create_index("export_jobs_user", "export_jobs", ["town", "user", "begun_at"])
    op.create_index("export_jobs_state", "export_jobs", ["town", "state"])


def downgrade() -> None:
    """Brings the tables back to the version before."""
    op.drop_table("export_jobs")
