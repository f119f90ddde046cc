"""The promises of a gate's bridge (the signed `lost` record that explains a gap): the hashes of the records at its end.

A bridge names its own record's number and hash, and with `prev` the hash of the record before that. A record that comes under one of
these numbers and is another contradicts the gate's own signature: a fork, as `append.py` keeps it. `verify.py` asks the same of stored rows.

Tested in `tests/hub/ledger/test_late.py` and `tests/hub/ledger/test_gaps.py`.
"""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, Table, and_, bindparam, or_, select
from sqlalchemy.engine import Connection

from edge.contract.refusal import Refusal
from hub.database.schema import bridges, entries, quarantine
from hub.database.statements import Often

Promises = Mapping[int, frozenset[str]]
"""By number: the hashes that are promised for it. Of an honest gate it is one."""
_NEAR = Often(
    select(bridges.c.seq, bridges.c.prev, bridges.c.hash).where(
        bridges.c.town == bindparam("town"),
        bridges.c.gate == bindparam("gate"),
        bridges.c.epoch == bindparam("epoch"),
        bridges.c.seq.between(bindparam("first"), bindparam("last")),
    )
)


def promises(connection: Connection, town: str, gate: str, epoch: str, first: int, last: int) -> Promises:
    """What the stored bridges of a journal promise for a range of numbers, and for the ones beside it."""
    rows = _NEAR(connection, town=town, gate=gate, epoch=epoch, first=first - 1, last=last + 1)
    return together((row[0], row[1], row[2]) for row in rows)


def together(laid: Iterable[tuple[int, str, str]], known: Promises | None = None) -> Promises:
    """The promises of bridges, each as (seq, prev, hash) of its record, with those that are known already."""
    found: dict[int, frozenset[str]] = dict(known or {})
    for seq, prev, hash_ in laid:
        for number, promised in ((seq - 1, prev), (seq, hash_)):
            found[number] = found.get(number, frozenset()) | {promised}
    return found


def contradiction(promised: Promises, seq: int, prev: str, hash_: str) -> Refusal | None:
    """Why a record cannot be the one under this number, by what its gate has promised; None if it can."""
    for number, found in ((seq, hash_), (seq - 1, prev)):
        if number in promised and promised[number] != {found}:
            return Refusal(f"its gate has signed another record {number}, with which it explained a gap")
    return None


def contradicted(connection: Connection, town: str) -> Iterator[tuple[str, int, int, int]]:
    """(gate, first, last, seq) of every bridge whose record, or the one before or after it, is held and is another."""
    for table in (entries, quarantine):
        same = and_(*(table.c[name] == bridges.c[name] for name in ("town", "gate", "epoch")))
        query = (
            select(bridges.c.gate, bridges.c.first, bridges.c.last, bridges.c.seq)
            .join(table, and_(same, table.c.hash.is_not(None), _is_another(table)))
            .where(bridges.c.town == town)
            .order_by(bridges.c.gate, bridges.c.epoch, bridges.c.first)
        )
        for row in connection.execute(query):
            yield row.gate, row.first, row.last, row.seq


def _is_another(held: Table) -> ColumnElement[bool]:
    seq, hash_, prev = held.c.seq, held.c.hash, held.c.prev
    return or_(
        and_(seq == bridges.c.seq, hash_ != bridges.c.hash),
        and_(seq == bridges.c.seq - 1, hash_ != bridges.c.prev),
        and_(seq == bridges.c.seq + 1, prev != bridges.c.hash),
    )
