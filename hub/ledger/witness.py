"""Compares the heads that gates keep with the ledger: a thief of the hub's key could sign another ledger, but cannot take back these heads.

Every ack carries the hub's signed head (how many entries, where the chain stands). A gate keeps the last one and says it in each
hello. Within one ledger epoch the ledger only grows, so the entry of that number must be there with that chain. (A restore from a
backup begins a new epoch, with an alert: what was cut off then, the gates send again.)
"""

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.messages import Hello, HubHead, Witness
from edge.contract.refusal import Refusal
from edge.contract.topics import HUB
from hub.database.schema import entries, gate_status
from hub.ledger.former_keys import Former
from hub.ledger.head import Ledger


def contradiction(
    connection: Connection, ledger: Ledger, witness: Witness | None, hub: Ed25519PublicKey
) -> Refusal | None:
    """Why the ledger is not the one whose head a gate holds; None if it is, or if the gate's word proves nothing."""
    if witness is None or (witness.ledger, witness.ledger_epoch) != (ledger.id, ledger.epoch):
        return None
    head = witness.head
    if head.count == 0 or not _is_the_hubs(connection, ledger.town, head, hub):
        return None
    if head.count > ledger.head.count:
        return Refusal(f"holds the hub's signature over {head.count} entries, and {ledger.head.count} are here")
    chain = _chain_at(connection, ledger.town, head.count)
    if chain == head.chain:
        return None
    return Refusal(f"holds the hub's signature over another entry {head.count} than is here")


def contradictions(connection: Connection, ledger: Ledger, hub: Ed25519PublicKey) -> Iterator[tuple[str, str]]:
    """(gate, why) for every gate whose last hello contradicts the ledger."""
    query = select(gate_status.c.gate, gate_status.c.hello).where(
        gate_status.c.town == ledger.town, gate_status.c.hello.is_not(None)
    )
    for row in connection.execute(query.order_by(gate_status.c.gate)).all():
        try:
            hello = Hello.parse(str(row.hello).encode())
        except (ValueError, RecursionError):
            continue  # an older gate's word, or a row that somebody changed: no witness
        why = contradiction(connection, ledger, hello.witness, hub)
        if why is not None:
            yield row.gate, why


def _is_the_hubs(connection: Connection, town: str, head: HubHead, hub: Ed25519PublicKey) -> bool:
    # before a rekey the hub had another key
    return head.holds(town, hub) or any(
        head.holds(town, key) for key in Former.read(connection, town).of(HUB, head.count)
    )


def _chain_at(connection: Connection, town: str, count: int) -> str | None:
    query = select(entries.c.chain).where(entries.c.town == town).order_by(entries.c.id).offset(count - 1).limit(1)
    return connection.execute(query).scalar()
