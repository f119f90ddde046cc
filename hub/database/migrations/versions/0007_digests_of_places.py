"""The digest of a quarantined record that holds a place goes over its hash as well."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

QUARANTINE = sa.table(
    "quarantine",
    sa.column("id", sa.Integer),
    sa.column("topic", sa.Text),
    sa.column("raw", sa.LargeBinary),
    sa.column("hash", sa.Text),
    sa.column("digest", sa.Text),
)


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    _write(with_hash=True)


def downgrade() -> None:
    """Brings the tables back to the version before."""
    _write(with_hash=False)


def _write(*, with_hash: bool) -> None:
    bind = op.get_bind()
    for row in bind.execute(sa.select(QUARANTINE).where(QUARANTINE.c.hash.is_not(None))).all():
        place = b"\0" + bytes.fromhex(row.hash) if with_hash else b""
        digest = hashlib.sha256(row.topic.encode("utf-8", "replace") + b"\0" + row.raw + place).hexdigest()
        bind.execute(sa.update(QUARANTINE).where(QUARANTINE.c.id == row.id).values(digest=digest))
