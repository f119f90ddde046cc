"""A town whose ledger can be written to at once: founded once per run, copied for each test; and what tests do with it."""

import atexit
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text

from edge.contract.canonical import sha256_hex, sign
from edge.contract.messages import Batch
from edge.contract.records import Sealed, signed_head
from edge.contract.topics import Name, Topic
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.database.engine import reader
from hub.database.schema import metadata
from hub.enrolment.bundle import key_file
from hub.gates import store as gates
from hub.ledger.append import Appended, append
from hub.ledger.intake import read_records
from hub.ledger.received import Quarantined, Received
from hub.ledger.verify import Sound, verify
from hub.town.secret_files import read_seed
from hub.town.town import Town
from tests.hub import towns
from tests.hub.towns import NOW, Gate, Place


@cache
def _founded() -> Path:
    parent = Path(mkdtemp(prefix="kakou-test-"))
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    folder = parent / "hub"
    place = towns.build(folder)
    # closing brings everything into the one file that is copied
    place.engine.dispose()
    return folder


def settle(tmp_path: Path) -> Place:
    """A town in `tmp_path/hub`, with four gates that have sent nothing yet."""
    folder = tmp_path / "hub"
    shutil.copytree(_founded(), folder)
    town = Town.open(folder)
    engine = town.writer()
    with engine.begin() as connection:
        users = {user.role: user.id for user in accounts.every_user(connection)}
    known = {gate: journal(town, gate, officer=users[Role.OFFICER]) for gate in towns.GATES}
    return Place(folder, town, engine, known, users)


def journal(town: Town, gate: str, *, epoch: str | None = None, officer: str | None = None) -> Gate:
    """A new journal of a gate: its key, an epoch of its own."""
    key = read_seed(key_file(town.settings, gate))
    return Gate(town.id, gate, key, epoch or sha256_hex(gate.encode())[:32], officer)


def batch_of(gate: Gate, records: Sequence[Sealed], last: int, key: Ed25519PrivateKey | None = None) -> Batch:
    """Any records of a gate as a signed batch that ends at seq `last`."""
    head = signed_head(gate.town, gate.id, gate.epoch, last, records[-1].hash)
    return Batch(
        town=gate.town,
        gate=gate.id,
        epoch=gate.epoch,
        records=tuple(records),
        seq=last,
        sig=sign(key or gate.key, head),
    )


def read(place: Place, gate: str, data: bytes) -> Received | Quarantined:
    """What the listener makes of bytes on a gate's topic."""
    with place.engine.begin() as connection:
        keys = gates.keys(connection, place.town.id)
    return read_records(str(Topic(gate, Name.RECORDS)), data, town=place.town.id, keys=keys)


def take(place: Place, *arrived: Received | Quarantined) -> Appended:
    """Appends in one transaction."""
    with place.engine.begin() as connection:
        return append(connection, town=place.town.id, arrived=arrived, key=place.town.key, now=NOW)


def send(place: Place, gate: Gate, *records: Sealed, last: int | None = None) -> Appended:
    """Sends some records of a gate (default: whatever it has not sent) the whole way into the ledger."""
    batch = gate.batch() if not records else batch_of(gate, records, last or len(gate.sealed))
    return take(place, read(place, gate.id, batch.encode()))


def table(place: Place, name: str) -> list[dict[str, Any]]:
    """Every row of a table, in the order of its key."""
    which = metadata.tables[name]
    with place.engine.begin() as connection:
        rows = connection.execute(select(which).order_by(*which.primary_key))
        return [dict(row._mapping) for row in rows]


def meddle(place: Place, sql: str, **values: Any) -> None:
    """Changes the database behind everybody's back; the statement must hit something."""
    with place.engine.begin() as connection:
        assert connection.execute(text(sql), values).rowcount > 0


def damage(place: Place, where: str) -> bytes:
    """Writes nonsense over the root page of a table, or (`header`) over the beginning of the file; its bytes as they were."""
    file = place.folder / "hub.db"
    with place.engine.connect() as connection:
        query = text("SELECT rootpage FROM sqlite_master WHERE name = :name")
        root = connection.execute(query, {"name": where}).scalar()
        assert root or where == "header"
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        connection.exec_driver_sql("COMMIT")
        busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        assert not busy
    place.engine.dispose()
    whole = file.read_bytes()
    with file.open("r+b") as out:
        out.seek(((root or 1) - 1) * size)
        out.write((b"not a page of SQLite" * size)[:size])
    return whole


def check(place: Place) -> Sound:
    """`kakou-hub verify`."""
    engine = reader(place.town.settings.database_url)
    try:
        with engine.begin() as connection:
            keys = gates.keys(connection, place.town.id, retired=True)
            return verify(connection, place.town.id, gates=keys, hub=place.town.key.public_key())
    finally:
        engine.dispose()
