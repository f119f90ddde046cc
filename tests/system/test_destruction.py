"""A real town to its lawful end: real broker, hub and gates, one gate offline; then every file is searched for what was destroyed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.contract.facts import Kind, Outcome, VisitClosed, VisitOpened
from edge.contract.reasons import Direction
from edge.contract.records import new_visit
from edge.decision.decision import LastSeen
from edge.journal.outbox import Outbox
from edge.keys import Keys
from edge.lists.store import Lists
from hub.town.town import Town
from tests.brokers import MOSQUITTO
from tests.hub.destruction.endings import NAME, PHONE, PLATES, REMARK, WORDS, traces
from tests.hub.towns import PASSWORD
from tests.ports import free_port
from tests.system.filled import found_filled, telling
from tests.system.towns import hub, reachable_folder, rows, wait_for

GATES = ("east", "west", "south")
PICTURE = b"\xff\xd8\xff the picture of " + PLATES[0].encode()
SHOWN = "select gate from receipts where result = 'shown'"
PROGRAMS = Path(sys.executable).parent
pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(not Path(MOSQUITTO).exists() or os.geteuid() != 0, reason="needs mosquitto, and root"),
]


class RealTown:
    """A town's folder, and the processes that a test has started for it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, name: str, *command: str) -> None:
        """Starts one of the programs; it is ended with the test."""
        (self.folder / "log").mkdir(exist_ok=True)
        out = self._stack.enter_context((self.folder / "log" / f"{name}.log").open("ab"))
        process = subprocess.Popen([str(PROGRAMS / command[0]), *command[1:]], stdout=out, stderr=out)
        self._processes[name] = process
        self._stack.callback(self.stop, name)

    def stop(self, name: str) -> None:
        """Ends what was started under this name."""
        process = self._processes[name]
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def gate(self, name: str) -> Path:
        return self.folder / "gates" / name

    def start_gate(self, name: str) -> None:
        self.run(f"gate-{name}", "kakou-gate", "--data", str(self.gate(name)), "run")

    def destroy(self, *words: str, login: str = "") -> subprocess.CompletedProcess[str]:
        """`operation destroy` as an admin."""
        as_ = ["--as", login] if login else []
        command = [str(PROGRAMS / "kakou-hub"), "--data", str(self.folder), "operation", "destroy", *words, *as_]
        return subprocess.run(command, input=f"{PASSWORD}\n", capture_output=True, text=True, check=False)

    def receipts(self) -> dict[str, str]:
        """What each gate has answered last to its command to destroy."""
        query = (
            "select gate, result, detail from receipts where detail like 'records %' or result = 'failed' order by at"
        )
        return {str(gate): f"{result} {detail}" for gate, result, detail in rows(self.folder / "hub.db", query)}

    def everything_sent(self, name: str) -> bool:
        journal = self.gate(name) / "journal.db"
        return rows(journal, "select head = acked from meta") == [(1,)]


@contextmanager
def real_town() -> Iterator[RealTown]:
    with reachable_folder() as folder, ExitStack() as stack:
        made = RealTown(folder, stack)
        _found(made)
        yield made


def _found(made: RealTown) -> None:
    now = datetime.now(UTC)
    town = found_filled(made.folder, len(GATES), now)
    for gate in GATES:
        (made.gate(gate) / "gate.toml").write_text(_gate_toml(gate, town), encoding="utf-8")
        fill(made.gate(gate), gate, town, now)


def _gate_toml(gate: str, town: Town) -> str:
    return (
        f'town = "demo"\ngate = "{gate}"\n[hub]\nport = {town.settings.broker.port}\n[hardware]\nfactory = "mock"\n'
        f'[kiosk]\nport = {free_port()}\n[voice]\nengine = "off"\n[[lanes]]\nname = "1"\n[lanes.camera]\nsource = "v4l2:/dev/video99"\n'
    )


def fill(folder: Path, gate: str, town: Town, at: datetime) -> None:
    """What the gate saw: visits with plates and names, a picture, vehicles inside, a damaged journal from before."""
    keys = Keys.load(folder)
    outbox = Outbox.open(folder / "journal.db", town=town.id, gate=gate, key=keys.signing, clock=FixedClock(at))
    name = sha256(PICTURE).hexdigest()
    for plate in PLATES * 3:
        visit = new_visit()
        opened = VisitOpened(
            read_by="hand", direction="in", verdict="look", reason="no_pass", vehicle_class="resident", pass_id=None, officer=None,
            operation="op-1", disinfection="required", picture=name,
        )  # fmt: skip
        private = {"plate": plate, "driver": NAME, "phone": PHONE, "remark": REMARK, "origin": "青岛崂山区"}
        outbox.keep(Kind.VISIT_OPENED, visit=visit, lane="1", body=opened, private=private)
        outbox.keep(Kind.VISIT_CLOSED, visit=visit, lane="1", body=VisitClosed(outcome=Outcome.PASSED, officer=None))
    outbox.close()
    lists = Lists.open(folder / "lists.db", town=town.id, hub_key=keys.hub)
    lists.saw(PLATES[2], LastSeen(new_visit(), gate, Direction.IN, at))
    lists.close()
    (folder / "pictures").mkdir(exist_ok=True)
    (folder / "pictures" / f"{name}.jpg").write_bytes(PICTURE)
    (folder / "journal.db.broken-20260301T000000Z").write_text(PLATES[0], encoding="utf-8")


def left(made: RealTown, personal: tuple[str, ...]) -> list[str]:
    """Where one of the words, or a value of any part of the town, stands in a file."""
    return traces(made.folder, WORDS) + traces(made.folder, personal, ("utf-8",))


def test_a_real_town_ends_and_no_file_of_it_holds_what_was_destroyed() -> None:
    with real_town() as made:
        made.run("serve", "kakou-hub", "--data", str(made.folder), "serve")
        for gate in ("east", "west"):
            made.start_gate(gate)
        for gate in ("east", "west"):
            wait_for(lambda gate=gate: made.everything_sent(gate), f"the upload of {gate}", 200)  # type: ignore[misc]  # bound now
        for words in (("--zh", f"{PLATES[0]} 到后请拦下，驾驶人{NAME}"), ("--en", f"stop {PLATES[2]}", "--urgent")):
            assert hub(made.folder, "order", "send", *words).returncode == 0
        wait_for(lambda: len(rows(made.folder / "hub.db", SHOWN)) == 2 * 2, "the orders on both screens", 100)
        assert hub(made.folder, "backup").returncode == 0
        personal = telling(made.folder / "hub.db")
        assert len(personal) > 500
        assert len(traces(made.folder)) > 30, "the search finds what is there"
        assert hub(made.folder, "operation", "end", "--reason", "the measures are lifted").returncode == 0

        # 1. decided, asked for by one admin, confirmed by another; a gate is away, with records that it never sent
        assert made.destroy("--decide", "all=destroy", "--reason", "law", login="boss").returncode == 0
        asked = made.destroy("--request", login="boss")
        assert asked.returncode == 0, asked.stderr
        id_ = asked.stdout.split()[1].rstrip(":")
        assert made.destroy("--confirm", id_, login="boss").returncode == 1
        done = made.destroy("--confirm", id_, login="chief")
        assert done.returncode == 0, done.stderr

        # 2. the gates that are there answer with their receipts
        wait_for(lambda: {"east", "west"} <= set(made.receipts()), "the receipts of east and west", 200)
        said = made.receipts()
        assert said["east"].startswith("done records 9, values 45, pictures 1, vehicles"), said
        found = made.destroy("--report", str(made.folder / "first.json"))
        assert found.returncode == 0
        assert "gate south: sent" in made.destroy("--check", str(made.folder / "first.json")).stdout

        # 3. the one that was away returns: it sends what it has, nothing of that is stored, and it destroys too
        made.start_gate("south")
        wait_for(lambda: "south" in made.receipts(), "the receipt of south", 200)
        assert made.receipts()["south"].startswith("done records 9, values 45, pictures 1, vehicles")
        assert made.destroy("--report", str(made.folder / "last.json")).returncode == 0
        assert "gate south: done" in made.destroy("--check", str(made.folder / "last.json")).stdout
        assert rows(made.folder / "hub.db", "select count(*) from visits") == [(27,)]

        # 4. nothing of it stands in any file, of the running town and of the stopped one, and everything verifies
        assert left(made, personal) == []
        for name in ("gate-east", "gate-west", "gate-south", "serve"):
            made.stop(name)
        assert left(made, personal) == []
        verified = hub(made.folder, "verify")
        assert verified.returncode == 0, verified.stderr
        assert hub(made.folder, "rebuild").returncode == 0
        for gate in GATES:
            outbox = subprocess.run(
                [str(PROGRAMS / "kakou-gate"), "--data", str(made.gate(gate)), "outbox", "--verify"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert outbox.returncode == 0, outbox.stderr
