"""The audit is chained like the ledger: every row gets its place, in the order in which the rows were written; counts stand beside it.

The head is signed by whoever runs the step with the hub's key (`hub/lifecycle/upgrade.py`).
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from edge.contract.canonical import Json, canonical
from edge.contract.records import ZERO_HASH, chain_hash
from hub.database.copies import verbatim

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

Big = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
INDEXES = {
    "audit_time": ("town", "at", "number"),
    "audit_user": ("town", "user", "at", "number"),
    "audit_action": ("town", "action", "at", "number"),
    "audit_object": ("town", "object", "at", "number"),
}
COLUMNS = ("at", "user", "action", "object", "detail")
PLACE: dict[str, Any] = {"town": sa.Text, "number": Big, "prev": sa.Text, "hash": sa.Text}
CHUNK = 1000


def upgrade() -> None:
    """Brings the tables from the version before to this one."""
    for name, type_ in PLACE.items():
        op.add_column("audit", sa.Column(name, type_))
    heads = op.create_table(
        "audit_heads",
        sa.Column("town", sa.Text, primary_key=True),
        sa.Column("count", Big, nullable=False),
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("sig", sa.Text, nullable=False),
    )
    op.create_table(
        "audit_counts",
        sa.Column("cause", sa.Text, primary_key=True),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("times", Big, nullable=False),
        sa.Column("began_at", sa.Text, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
    )
    op.create_index("audit_counts_began", "audit_counts", ["began_at"])
    town = op.get_bind().execute(sa.text("SELECT town FROM ledgers ORDER BY town LIMIT 1")).scalar()
    if town is not None:
        count, chain = _chain(str(town))
        op.execute(heads.insert().values(town=town, count=count, chain=chain, sig=""))
    op.create_index("audit_chain", "audit", ["town", "number"], unique=True)
    for name, columns in INDEXES.items():
        op.create_index(name, "audit", list(columns))


def _chain(town: str) -> tuple[int, str]:
    """Gives every row its place; how many there are, and the hash of the last."""
    connection = op.get_bind()
    table = sa.table("audit", sa.column("id"), *(sa.column(name) for name in (*COLUMNS, *PLACE)))
    place = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("of_row"))
        .values({name: sa.bindparam(f"new_{name}") for name in PLACE})
    )
    number, chain = 0, ZERO_HASH
    with verbatim(connection):
        for rows in _rows(connection, table):
            places = []
            for row in rows:
                number, prev = number + 1, chain
                chain = chain_hash(prev, _text(town, number, row))
                places.append(
                    {"of_row": row.id, "new_town": town, "new_number": number, "new_prev": prev, "new_hash": chain}
                )
            connection.execute(place, places)
    return number, chain


def _rows(connection: sa.Connection, table: sa.TableClause) -> Iterator[list[Any]]:
    query = sa.select(table.c.id, *(table.c[name] for name in COLUMNS)).order_by(table.c.id).limit(CHUNK)
    last = -(2**62)
    while rows := list(connection.execute(query.where(table.c.id > last)).all()):
        yield rows
        last = rows[-1].id


def _text(town: str, number: int, row: Any) -> str:
    """What is hashed of a row, as `hub.accounts.audit_chain` has it."""
    value: dict[str, Json] = {name: _plain(row._mapping[name]) for name in COLUMNS}
    return canonical({**value, "number": number, "town": town, "v": 1}).decode()


def _plain(value: Any) -> Json:
    if value is None or isinstance(value, bool) or (isinstance(value, int) and -(2**53) < value < 2**53):
        return value
    if isinstance(value, bytes):
        return f"hex:{value.hex()}"
    text = str(value)
    if text.isascii() or text.encode("utf-8", "replace").decode() == text:
        return text
    return f"hex:{text.encode('utf-8', 'surrogatepass').hex()}"


def downgrade() -> None:
    """Brings the tables back to the version before."""
    for name in (*INDEXES, "audit_chain"):
        op.drop_index(name, "audit")
    for table in ("audit_counts", "audit_heads"):
        op.drop_table(table)
    for name in PLACE:
        op.drop_column("audit", name)
