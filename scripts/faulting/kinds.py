"""The kinds of fault: each does its harm, undoes what an operator would undo, and leaves the town to recover by itself."""

import json
import random
import shutil
import signal
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import psutil
from alembic import command
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from sqlalchemy import inspect, select
from sqlalchemy.engine import Engine

from edge.contract.message import MAX_MESSAGE
from edge.contract.messages import Batch
from edge.contract.records import Sealed
from edge.contract.topics import Name, Topic
from hub.database.engine import writer
from hub.database.migrate import configuration
from hub.database.schema import former_keys
from hub.database.statements import insert_new
from scripts.faulting.ended_towns import ended_town
from scripts.faulting.gate import KEPT
from scripts.faulting.gates import Gate, looking, prunable, sent_ahead
from scripts.faulting.processes import died
from scripts.faulting.rekeyed import rekey
from scripts.faulting.world import STARTING, StuckError, World

Fault = Callable[[World, random.Random], None]
GateFault = Callable[[World, Gate, random.Random], None]
PATIENCE = 8.0
"""Seconds that a step is waited for; one that is not reached still ended in a plain kill."""
BEFORE = "0006"
"""The schema of an older version; to go back to it takes nothing away but keys of before a rekey, which are put back."""
RUSH = 700
"""Vehicles that come at once: with two records each, well beyond what a gate may have on its way."""
NARROW = 60_000.0
"""Bytes a second of a link over which such a backlog takes half a minute."""
RUSHING, GOING_AHEAD = 30.0, 15.0
PRUNING = 30.0
"""Seconds within which a gate prunes after a backup, whatever happened to its link before."""


def kill_gate(world: World, chance: random.Random) -> None:
    """Power off at any moment."""
    gate = chance.choice(world.gates)
    world.kill_gate(gate)
    time.sleep(chance.uniform(0, 0.5))
    world.start_gate(gate)


def gate_at(step: str) -> Fault:
    """Power off at a named step."""

    def fault(world: World, chance: random.Random) -> None:
        gate = chance.choice(world.gates)
        world.stop_gate(gate)
        world.start_gate(gate, f"{step}:{chance.randint(1, 3)}")
        died(gate.process, PATIENCE)
        world.kill_gate(gate)
        world.start_gate(gate)

    return fault


def gate_at_prune(world: World, chance: random.Random) -> None:
    """Power off while a gate removes what a backup has just come to hold."""
    gate = chance.choice(world.gates)
    # a hub that was restored a moment ago holds no more than its backup, by which the gate has pruned already
    world.until(
        lambda: prunable(world.hub_database, gate) > 2 * KEPT,
        PRUNING,
        f"{gate.name}: the hub holds nothing that it could prune",
    )
    world.stop_gate(gate)
    world.make_backup()
    world.start_gate(gate, "outbox.pruned")
    if not died(gate.process, PRUNING):
        raise StuckError(f"{gate.name}: nothing was pruned {PRUNING:.0f} s after a backup")
    world.start_gate(gate)


def kill_listener(world: World, chance: random.Random) -> None:
    """kill -9 at any moment."""
    world.kill_listener()
    time.sleep(chance.uniform(0, 0.5))
    world.start_listener()


def listener_at(step: str) -> Fault:
    """kill -9 at a named step."""

    def fault(world: World, chance: random.Random) -> None:
        world.kill_listener()
        world.start_listener(f"{step}:{chance.randint(1, 3)}")
        died(world.listener, PATIENCE)
        world.kill_listener()
        world.start_listener()

    return fault


def kill_broker(world: World, chance: random.Random) -> None:
    """kill -9: its sessions, its queues and its retained messages are gone."""
    world.kill_broker()
    time.sleep(chance.uniform(0, 1.0))
    world.start_broker()


def cut_link(world: World, chance: random.Random) -> None:
    """The cable is pulled."""
    gate = chance.choice(world.gates)
    gate.proxy.cut()
    time.sleep(chance.uniform(0.2, 2.5))
    gate.proxy.restore()


def stall_link(world: World, chance: random.Random) -> None:
    """Nothing comes through, and nobody is told."""
    gate = chance.choice(world.gates)
    gate.proxy.stall()
    time.sleep(chance.uniform(0.5, 3.0))
    gate.proxy.flow()


def slow_link(world: World, chance: random.Random) -> None:
    """64 kbit/s."""
    gate = chance.choice(world.gates)
    gate.proxy.flow(rate=8_000)
    time.sleep(chance.uniform(1.0, 3.0))
    gate.proxy.flow()


def hub_disk_full(world: World, chance: random.Random) -> None:
    """Not a byte is left for the ledger, for a while."""
    with _filled(world.hub_folder):
        time.sleep(chance.uniform(1.0, 3.0))


def gate_disk_full(world: World, chance: random.Random) -> None:
    """Not a byte is left for a journal, for a while."""
    with _filled(world.gates[0].folder):
        time.sleep(chance.uniform(1.0, 3.0))


def wrong_clock(world: World, chance: random.Random) -> None:
    """A gate's clock jumps by years, and is set right."""
    gate = chance.choice(world.gates)
    (gate.folder / "clock").write_text(
        str(chance.choice((-1, 1)) * chance.uniform(3600, 400 * 86400)), encoding="ascii"
    )
    time.sleep(chance.uniform(0.3, 1.0))
    (gate.folder / "clock").unlink()


def cloned_card(world: World, chance: random.Random) -> None:
    """Two gates with one id on copies of one card, both with vehicles; then the operator puts in a new card."""
    gate = chance.choice(world.gates)
    world.stop_gate(gate)
    twin = world.folder / f"twin-{time.monotonic_ns()}"
    shutil.copytree(gate.folder, twin, ignore=shutil.ignore_patterns("ballast*"))
    first = world.start_twin(twin, gate)
    world.start_gate(gate)
    time.sleep(chance.uniform(1.5, 3.0))
    first.terminate()
    first.wait(10)
    world.stop_gate(gate)
    gate.copies.append(twin / "journal.db")
    gate.archive_journal(copy=True)
    world.start_gate(gate)
    world.make_backup()


def replaced_card(world: World, chance: random.Random) -> None:
    """A new card after the old one was drained: a new epoch, never a number again."""
    gate = chance.choice(world.gates)
    world.settle()
    world.stop_gate(gate)
    gate.archive_journal()
    world.start_gate(gate)
    world.go_on()
    world.make_backup()


def swapped_journals(world: World, chance: random.Random) -> None:
    """Two gates' cards change places: neither may write under the other's name."""
    one, other = chance.sample(world.gates, 2)
    for gate in (one, other):
        world.stop_gate(gate)
    _swap(one.journal, other.journal)
    for gate in (one, other):
        world.start_gate(gate)
        assert gate.process is not None
        if gate.process.wait(20) != 3:
            raise StuckError(f"{gate.name} started on another gate's journal")
    _swap(one.journal, other.journal)
    for gate in (one, other):
        world.start_gate(gate)


def restored_hub(world: World, chance: random.Random) -> None:
    """The hub's machine burns; another one has an older backup, in the middle of everybody's drain."""
    if world.backup is None:
        world.make_backup()
    time.sleep(chance.uniform(0.2, 1.5))
    assert world.backup is not None
    world.restore(world.backup)


def restore_at(step: str) -> Fault:
    """The power goes at a named step of a restore; the next one into the same folder holds, unless this one was through."""

    def fault(world: World, _chance: random.Random) -> None:
        world.restore(world.backup or world.make_backup(), step)

    return fault


def rekey_at(step: str) -> Fault:
    """The power goes at a named step of a rekey; the next one goes on with it, and every gate comes back with its new keys."""

    def fault(world: World, _chance: random.Random) -> None:
        rekey(world, step)

    return fault


def destruction_at(step: str) -> Fault:
    """A town of its own ends, and the power goes at a named step while its hub destroys what the law says; the next attempt goes on."""

    def fault(world: World, chance: random.Random) -> None:
        with ended_town(world) as ended:
            ended.destroy(f"{step}:{chance.randint(1, ended.steps(step))}")

    return fault


def gate_at_emptying(world: World, _chance: random.Random) -> None:
    """A town of its own ends, and a gate loses power in the middle of what it destroys: its next start goes on, and answers."""
    with ended_town(world) as ended:
        ended.destroy(at_gate="outbox.emptied:1")


def upgrade_killed(world: World, _chance: random.Random) -> None:
    """A new version is killed while it brings the database up; the next start does it."""
    world.kill_listener()
    engine = writer(world.town.settings.database_url)
    config = configuration()
    try:
        with engine.begin() as connection:
            former = [dict(row._mapping) for row in connection.execute(select(former_keys))]
            config.attributes["connection"] = connection
            command.downgrade(config, BEFORE)
        world.start_listener("upgrade.stepped")
        if not died(world.listener, STARTING):
            raise StuckError("the listener did not die while it brought the database up")
        world.start_listener()
        _put_back(engine, former)
    finally:
        engine.dispose()


def _put_back(engine: Engine, former: Sequence[Mapping[str, Any]]) -> None:
    """As soon as the listener has brought the database up."""
    deadline = time.monotonic() + STARTING
    while not inspect(engine).has_table(former_keys.name):
        if time.monotonic() > deadline:
            raise StuckError("the listener did not bring the database up")
        time.sleep(0.1)
    with engine.begin() as connection:
        insert_new(connection, former_keys, former)


def backup_at(step: str) -> Fault:
    """A backup dies at a named step; the next one holds."""

    def fault(world: World, _chance: random.Random) -> None:
        file = world.folder / f"torn-{time.monotonic_ns()}.age"
        if world.hub("backup", str(file), "--to", "town", fault=step).returncode >= 0:
            raise StuckError(f"the backup did not die at {step}")
        world.make_backup()

    return fault


def while_ahead(fault: GateFault) -> Fault:
    """A gate comes back with a backlog over a narrow link, its new crossings go ahead of it, and in the middle of that comes the fault."""

    def around(world: World, chance: random.Random) -> None:
        gate = chance.choice(world.gates)
        gate.proxy.cut()
        # with its text at once: the gate looks for it at any moment
        written, rush = gate.folder / "rush.new", gate.folder / "rush"
        written.write_text(str(RUSH), encoding="ascii")
        written.rename(rush)
        world.until(lambda: not rush.exists(), RUSHING, f"{gate.name}: {RUSH} vehicles did not come")
        gate.proxy.flow(NARROW)
        gate.proxy.restore()
        world.until(
            lambda: sent_ahead(world.hub_database, gate) > 0,
            GOING_AHEAD,
            f"{gate.name}: nothing went ahead of its backlog",
        )
        time.sleep(chance.uniform(0, 1.0))
        fault(world, gate, chance)
        time.sleep(chance.uniform(0, 1.0))
        gate.proxy.flow()

    return around


def _gate_dies(world: World, gate: Gate, _chance: random.Random) -> None:
    world.kill_gate(gate)
    world.start_gate(gate)


def _listener_dies(world: World, _gate: Gate, chance: random.Random) -> None:
    listener_at(chance.choice(("listener.appended", "listener.committed", "listener.answered")))(world, chance)


def _reading_ends(world: World, _gate: Gate, chance: random.Random) -> None:
    """The process in which the listener's batches are read dies, or hangs."""
    if world.listener is None or world.listener.poll() is not None:
        return
    for process in psutil.Process(world.listener.pid).children():
        process.send_signal(chance.choice((signal.SIGKILL, signal.SIGSTOP)))


def _broker_dies(world: World, _gate: Gate, chance: random.Random) -> None:
    kill_broker(world, chance)


def _link_ends(_world: World, gate: Gate, chance: random.Random) -> None:
    gate.proxy.cut()
    time.sleep(chance.uniform(0.2, 1.0))
    gate.proxy.restore()


def _hub_burns(world: World, _gate: Gate, chance: random.Random) -> None:
    restored_hub(world, chance)


def again_and_out_of_order(world: World, chance: random.Random) -> None:
    """Old batches come once more, from the back to the front, some of them twice."""
    gate = chance.choice(world.gates)
    batches = _batches(gate)
    with _speaking(world, gate) as say:
        for data in [*reversed(batches), *chance.sample(batches, len(batches) // 2)]:
            say(Name.RECORDS, data)


def poison(world: World, chance: random.Random) -> None:
    """Bytes that mean nothing, on every topic of a gate."""
    with _speaking(world, chance.choice(world.gates)) as say:
        for name in (Name.RECORDS, Name.HELLO, Name.STATE, Name.HEALTH):
            for data in (b"", b"\0\xff" * 20, b"{", b"[" * 5000, chance.randbytes(200), b'{"v": 99}'):
                say(name, data)


def oversized(world: World, chance: random.Random) -> None:
    """More than the contract allows."""
    with _speaking(world, chance.choice(world.gates)) as say:
        say(Name.RECORDS, b'{"v":1,"x":"' + b"a" * (4 * MAX_MESSAGE) + b'"}')


def forged(world: World, chance: random.Random) -> None:
    """A gate's own batch, changed on the way: nothing of it may be taken."""
    gate = chance.choice(world.gates)
    batches = _batches(gate)
    if not batches:
        return
    value = json.loads(batches[-1])
    value["records"][-1]["raw"] = value["records"][-1]["raw"].replace('"lane":"1"', '"lane":"9"')
    with _speaking(world, gate) as say:
        say(Name.RECORDS, json.dumps(value).encode())


AHEAD: Mapping[str, Fault] = {
    f"{what} while crossings go ahead": while_ahead(fault)
    for what, fault in {
        "gate killed": _gate_dies,
        "listener killed": _listener_dies,
        "reading process killed or hung": _reading_ends,
        "broker killed": _broker_dies,
        "link cut": _link_ends,
        "hub restored": _hub_burns,
    }.items()
}
KINDS: Mapping[str, Fault] = {
    "gate killed": kill_gate,
    **{
        f"gate killed at {step}": gate_at(step)
        for step in ("outbox.inserted", "outbox.committed", "outbox.released", "uplink.sent")
    },
    "gate killed at outbox.pruned": gate_at_prune,
    "listener killed": kill_listener,
    **{
        f"listener killed at {step}": listener_at(step)
        for step in ("listener.received", "listener.appended", "listener.committed", "listener.answered")
    },
    "broker killed": kill_broker,
    "link cut": cut_link,
    "link stalled": stall_link,
    "link at 64 kbit/s": slow_link,
    "hub's disk full": hub_disk_full,
    "gate's disk full": gate_disk_full,
    "clock wrong by years": wrong_clock,
    "card cloned": cloned_card,
    "card replaced": replaced_card,
    "journals swapped": swapped_journals,
    "hub restored from a backup": restored_hub,
    **{f"backup killed at {step}": backup_at(step) for step in ("backup.copied", "backup.packed")},
    **{
        f"restore killed at {step}": restore_at(step) for step in ("restore.unpacked", "restore.risen", "restore.named")
    },
    **{f"rekey killed at {step}": rekey_at(step) for step in ("rekey.staged", "rekey.committed", "rekey.placed")},
    **{
        f"destruction killed at {step}": destruction_at(step) for step in ("destruction.changed", "destruction.stepped")
    },
    "gate killed at outbox.emptied": gate_at_emptying,
    "listener killed at upgrade.stepped": upgrade_killed,
    **AHEAD,
    "duplicates out of order": again_and_out_of_order,
    "poison": poison,
    "oversized message": oversized,
    "forged batch": forged,
}
NEED_A_SMALL_DISK = frozenset({"hub's disk full", "gate's disk full"})
COSTLY = frozenset(
    {
        *AHEAD,
        "gate killed at outbox.pruned", "card cloned", "card replaced", "journals swapped", "hub restored from a backup",
        "backup killed at backup.copied", "backup killed at backup.packed", "restore killed at restore.unpacked",
        "restore killed at restore.risen", "restore killed at restore.named", "listener killed at upgrade.stepped",
        "destruction killed at destruction.changed", "destruction killed at destruction.stepped", "gate killed at outbox.emptied",
        "rekey killed at rekey.staged", "rekey killed at rekey.committed", "rekey killed at rekey.placed",
    }
)  # fmt: skip
"""Kinds that take many seconds of starting processes: drawn once a round."""
QUICK = frozenset(
    {
        "gate killed", "listener killed", "broker killed", "link cut", "link stalled", "link at 64 kbit/s", "poison",
        "duplicates out of order", "oversized message", "forged batch", "clock wrong by years", "hub's disk full",
        "gate's disk full",
    }
)  # fmt: skip
"""Kinds that wait for no process: drawn most often."""


# -- helpers -----------------------------------------------------------------------------------------------------------


@contextmanager
def _filled(folder: Path) -> Iterator[None]:
    hog = folder / "hog"
    try:
        with hog.open("wb", buffering=0) as out:
            size = 1 << 20
            while size:
                try:
                    out.write(b"\0" * size)
                except OSError:
                    size //= 2
        yield
    finally:
        hog.unlink(missing_ok=True)


def _swap(one: Path, other: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        first, second = one.with_name(one.name + suffix), other.with_name(other.name + suffix)
        aside = one.with_name("aside" + suffix)
        for source, target in ((first, aside), (second, first), (aside, second)):
            if source.exists():
                shutil.move(source, target)


def _batches(gate: Gate, most: int = 8) -> list[bytes]:
    """The last things that a gate sent, as it would send them again: from its journal, which is read only."""
    with looking(gate.journal) as journal:
        epoch, acked = journal.execute("select epoch, acked from meta").fetchone()
        rows = journal.execute(
            "select r.seq, raw, private, r.hash, prev, sig from records r join signatures s on s.seq = r.seq"
            " where r.seq <= ? order by r.seq desc limit ?",
            [acked, 10 * most],
        ).fetchall()[::-1]
    found = []
    for place in range(0, len(rows), 10):
        part = rows[place : place + 10]
        records = tuple(Sealed(raw=raw, private=json.loads(p), prev=prev, hash=h) for _, raw, p, h, prev, _ in part)
        batch = Batch(
            town=gate.bundle.town, gate=gate.name, epoch=epoch, records=records, seq=part[-1][0], sig=part[-1][5]
        )  # fmt: skip
        found.append(batch.encode())
    return found


@contextmanager
def _speaking(world: World, gate: Gate) -> Iterator[Callable[[Name, bytes], None]]:
    """A client with a gate's own certificate, while the gate itself is stopped: a broker knows each name once."""
    world.stop_gate(gate)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=gate.name, protocol=MQTTProtocolVersion.MQTTv5)
    keys = gate.folder / "keys"
    context = ssl.create_default_context(cafile=str(keys / "ca.pem"))
    context.load_cert_chain(keys / "cert.pem", keys / "tls.key")
    client.tls_set_context(context)
    try:
        client.connect("127.0.0.1", world.town.settings.broker.port)
        client.loop_start()
        sent: list[mqtt.MQTTMessageInfo] = []
        yield lambda name, data: sent.append(client.publish(str(Topic(gate.name, name)), data, qos=1))
        for each in sent:
            each.wait_for_publish(5)
    finally:
        client.disconnect()
        client.loop_stop()
        world.start_gate(gate)
