"""Gives a town new keys: certificate authority, broker, listener, hub, web, passes, and those of every gate.

    1. the hub stands still, and its ledger's head holds    2. all new keys lie ready (`rekey_stage.py`)
    3. one transaction: old keys count for what is there, the head and every list are signed anew, sessions end
    4. the files take their places, the old ones are gone   5. each gate gets its new bundle, by hand

Each step can be done again: one that is cut off goes on where it was. What gates have not sent yet stays with them; a gate that is
enrolled anew signs it with its new key and sends it (`edge/journal/outbox.py`). Until then it works on by itself, and the broker, which knows
the new authority alone, lets it not in.
"""

import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json, fingerprint, public_from_hex, public_hex
from edge.contract.steps import reached
from edge.contract.topics import HUB
from hub import generated_files
from hub.accounts import audit, audit_chain
from hub.accounts import store as accounts
from hub.broker import mosquitto
from hub.database.engine import Seal, writer
from hub.database.schema import entries, gates
from hub.downlink import signed_lists
from hub.errors import HubError
from hub.gates import store
from hub.gates.policy import publish_names
from hub.ledger import former_keys
from hub.ledger.head import move_head, read_ledger
from hub.lifecycle import rekey_stage
from hub.lifecycle.founding import brokers_certificate
from hub.lifecycle.rekey_stage import Stage
from hub.passes import keys as pass_keys
from hub.passes.passlist import publish_passlist
from hub.town.secret_files import read_seed
from hub.town.settings import Settings
from hub.town.town import Town


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """A town with new keys: the hub's new fingerprint, the key that signs passes now, and the gates that need a new bundle."""

    town: Town
    fingerprint: str
    kid: str
    gates: tuple[str, ...]


def rekey(folder: Path, now: datetime, *, revoke: str | None = None) -> Rekeyed:
    """New keys for the town in a folder; goes on with a rekey that was cut off. `revoke`: why all passes of before end, at once."""
    settings = Settings.load(folder)
    _check_stopped(settings)
    if not os.access(mosquitto.folder(settings), os.W_OK):
        raise HubError(
            f"rekey: {mosquitto.folder(settings)} can't be written: run /opt/kakou/hub/venv/bin/kakou-hub itself as root"
        )
    engine = writer(settings.database_url)
    try:
        ready = rekey_stage.find(settings)
        if ready is None:
            town = Town.open(folder)
            with engine.begin() as connection:
                believed = store.believed(connection, town.id)
                _check_head(connection, town)
            ready = rekey_stage.make(settings, believed, revoke=revoke, now=now)
        reached("rekey.staged")
        with engine.begin() as connection:
            _change_database(connection, settings, ready)
        reached("rekey.committed")
    finally:
        engine.dispose()
    _put_files(settings, ready)
    reached("rekey.placed")
    done = Rekeyed(
        Town(settings, ready.hub),
        fingerprint(public_hex(ready.hub)),
        ready.kid,
        tuple(ready.gates()),
    )
    shutil.rmtree(ready.folder)
    return done


def _check_stopped(settings: Settings) -> None:
    """`HubError` if another process has the database open: it would sign on with the old key."""
    if settings.database.url is not None:
        return  # whoever runs a PostgreSQL ledger stops the hub by its services
    database = (settings.folder / "hub.db").resolve()
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) != os.getpid() and database in _open_files(process):
            raise HubError(f"rekey: process {process.name} uses {database}: stop the hub first (listener, web, broker)")


def _open_files(process: Path) -> set[Path]:
    """The files that a process has open; none of one that has just ended, or is another user's."""
    found = set()
    with suppress(OSError):
        for each in (process / "fd").iterdir():
            with suppress(OSError):
                found.add(each.readlink())
    return found


def _check_head(connection: Connection, town: Town) -> None:
    if not read_ledger(connection, town.id).head.holds(town.id, town.key.public_key()):
        raise HubError(
            "rekey: the ledger's head is not signed by the hub (kakou-hub verify says more): nothing was changed"
        )


def _change_database(connection: Connection, settings: Settings, ready: Stage) -> None:
    """Everything that the database says of keys, in one transaction; nothing if that is done."""
    town, now, key = settings.town, ready.at, ready.hub
    ledger = read_ledger(connection, town, lock=True)
    if ledger.head.holds(town, key.public_key()):
        return
    old = {each.gate: each.public_key for each in store.every(connection, town) if each.gate in ready.gates()}
    old[HUB] = public_hex(read_seed(settings.keys / "hub.key"))
    last = connection.execute(select(func.max(entries.c.id)).where(entries.c.town == town)).scalar() or 0
    former_keys.note(connection, town, old, until=last, now=now)
    for gate, public in ready.gates().items():
        connection.execute(update(gates).where(gates.c.town == town, gates.c.gate == gate).values(public_key=public))
    move_head(connection, ledger, ledger.head.count, ledger.head.chain, key)
    _change_pass_key(connection, town, ready)
    for user in accounts.every_user(connection):
        accounts.revoke_sessions(connection, user.id, now)
    signed_lists.raise_versions(connection, town, by=1, key=key, now=now)
    new_town = Town(settings, key)
    publish_names(new_town, connection, now)
    publish_passlist(new_town, connection, now)
    audit_chain.change_key(connection, public_from_hex(old[HUB]), Seal(town, key))
    detail: dict[str, Json] = {
        "gates": len(ready.gates()),
        "kid": ready.kid,
        "key": fingerprint(public_hex(key)),
        "reason": ready.revoke,
    }
    audit.note(connection, user="cli", action="town rekeyed", object="keys", detail=detail, now=now)


def _change_pass_key(connection: Connection, town: str, ready: Stage) -> None:
    before = [each for each in pass_keys.page(connection, town) if each.revoked_at is None]
    pass_keys.retire_current(connection, town, ready.at)
    pass_keys.trust(connection, town, ready.passes, ready.at)
    if ready.revoke is not None:
        for each in before:
            pass_keys.revoke_key(connection, town=town, kid=each.kid, by="cli", reason=ready.revoke, now=ready.at)


def _put_files(settings: Settings, ready: Stage) -> None:
    for name, content in ready.files():
        target = settings.folder / name
        target.parent.mkdir(mode=0o700, exist_ok=True)
        # an installation lends some folders to a group, which reads what lies there
        shared = target.parent.stat().st_mode & stat.S_ISGID
        generated_files.put(target, content, 0o660 if shared else 0o600)
    # nobody needs the private half of a key that signs no more; the public one stands in the table
    for path in settings.keys.glob("pass*.key"):
        if path.name != f"pass-{ready.kid}.key":
            path.unlink()
    place = mosquitto.folder(settings)
    for name, text in brokers_certificate(settings, ready.authority, ready.at).items():
        generated_files.put(place / name, text.encode(), 0o600)
    mosquitto.write(settings)


@dataclass(frozen=True, slots=True)
class GateState:
    """A gate after the last change of its keys. `changed`: when they were changed, None if the gate has the keys it was made with."""

    gate: str
    changed: str | None
    last_seen: str | None

    @property
    def is_back(self) -> bool:
        """Returns True if the gate has connected since: it can do so only with its new certificate."""
        return self.changed is None or (self.last_seen is not None and self.last_seen > self.changed)


def states(connection: Connection, town: str) -> list[GateState]:
    """Every gate that is not retired, in order of its number."""
    changed = former_keys.last_change(connection, town)
    return [
        GateState(gate, changed.get(gate), store.status(connection, town, gate).get("last_seen"))
        for gate in store.believed(connection, town)
    ]


def hub_changed(connection: Connection, town: str) -> str | None:
    """When the hub last got a new key."""
    return former_keys.last_change(connection, town).get(HUB)
