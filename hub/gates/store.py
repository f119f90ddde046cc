"""The SQL of gates: which the town has, their keys, and the last messages of each about its state.

Tested in `tests/hub/listener/test_intake.py` and `tests/hub/listener/test_listener.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import public_from_hex
from edge.contract.policy import GateInfo
from edge.contract.records import wall_text
from edge.contract.topics import HUB, is_gate_id
from edge.contract.values import LONGEST_LINE
from hub.database.schema import gate_status, gates
from hub.database.statements import Often, upsert
from hub.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate of the town; `number` is its bit in passes and is never reused."""

    gate: str
    number: int
    zh: str
    en: str
    public_key: str
    added_at: str
    retired: bool


def add(connection: Connection, *, town: str, gate: str, zh: str, en: str, public_key: str, now: datetime) -> Gate:
    """A new gate with the next free number; `RefusedError` for a bad or taken id."""
    check_id(gate)
    if find(connection, town, gate) is not None:
        raise RefusedError("gate %(text)r: there is one already", text=gate)
    # retired gates stay in the table, so the highest number only grows
    last = connection.execute(select(func.max(gates.c.number)).where(gates.c.town == town)).scalar()
    number = 0 if last is None else last + 1
    if number > 255:
        raise RefusedError("gate %(text)r: a town has at most 256 gates", text=gate)
    connection.execute(
        gates.insert().values(
            town=town, gate=gate, number=number, zh=zh, en=en, public_key=public_key, added_at=wall_text(now)
        )
    )
    return Gate(gate, number, zh, en, public_key, wall_text(now), False)


def retire(connection: Connection, town: str, gate: str, now: datetime) -> None:
    """Notes that a gate is no more; its row, number and key stay, for what it wrote is verified with them."""
    which = (gates.c.town == town, gates.c.gate == gate)
    connection.execute(update(gates).where(*which).values(retired_at=wall_text(now)))


def check_id(gate: str) -> None:
    """`RefusedError` if this can't name a gate."""
    if not is_gate_id(gate):
        raise RefusedError("gate %(text)r: expected 1 to 32 of a-z, 0-9, '-', and not 'hub'", text=gate)


_EVERY = Often(
    # these and no others: the broker is let know of the gates before the database is brought to this version
    select(
        gates.c.gate, gates.c.number, gates.c.zh, gates.c.en, gates.c.public_key, gates.c.added_at, gates.c.retired_at
    )
    .where(gates.c.town == bindparam("town"))
    .order_by(gates.c.number)
)


def every(connection: Connection, town: str) -> list[Gate]:
    """All gates by number, retired ones too."""
    return [
        Gate(row.gate, row.number, row.zh, row.en, row.public_key, row.added_at, row.retired_at is not None)
        for row in _EVERY(connection, town=town)
    ]


def find(connection: Connection, town: str, gate: str) -> Gate | None:
    """The gate with this id."""
    return next((each for each in every(connection, town) if each.gate == gate), None)


def infos(connection: Connection, town: str) -> dict[str, GateInfo]:
    """The gates as the policy names them."""
    return {
        each.gate: GateInfo(number=each.number, zh=each.zh[:LONGEST_LINE], en=each.en[:LONGEST_LINE])
        for each in every(connection, town)
        if not each.retired
    }


def believed(connection: Connection, town: str) -> list[str]:
    """The ids of the gates that may speak: those that are not retired."""
    return [each.gate for each in every(connection, town) if not each.retired]


def keys(connection: Connection, town: str, *, retired: bool = False) -> dict[str, Ed25519PublicKey]:
    """The key with which each gate signs its records. With `retired`, also those whose new records are refused."""
    return {
        each.gate: public_from_hex(each.public_key) for each in every(connection, town) if retired or not each.retired
    }


def connections(connection: Connection, town: str) -> dict[str, tuple[int, str | None]]:
    """The highest connection number known of each gate, and the epoch of its last hello."""
    query = select(gate_status.c.gate, gate_status.c.conn, gate_status.c.epoch).where(gate_status.c.town == town)
    return {row.gate: (row.conn, row.epoch) for row in connection.execute(query)}


def status(connection: Connection, town: str, gate: str) -> Mapping[str, Any]:
    """The status of one gate, as `save_status` wrote it; empty before the gate's first message."""
    query = select(gate_status).where(gate_status.c.town == town, gate_status.c.gate == gate)
    row = connection.execute(query).one_or_none()
    return {} if row is None else row._asdict()


def save_status(connection: Connection, town: str, heard: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Writes the status of gates: any of online, conn, last_seen, hello, health, health_at, epoch."""
    for gate, values in heard:
        where = (gate_status.c.town == town, gate_status.c.gate == gate)
        if values and connection.execute(update(gate_status).where(*where).values(**values)).rowcount == 0:
            upsert(connection, gate_status, [{"town": town, "gate": gate, "online": False, "conn": 0, **values}])


def next_hub_connection(connection: Connection, town: str, now: datetime) -> int:
    """A number for the listener's next connection, higher than all before it."""
    number = connections(connection, town).get(HUB, (0, None))[0] + 1
    save_status(connection, town, [(HUB, {"conn": number, "last_seen": wall_text(now)})])
    return number
