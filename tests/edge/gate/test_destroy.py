"""At the hub's word a gate destroys what it holds of an operation, when the hub has everything and no vehicle is there; and says how much."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from edge.camera.frames import Look
from edge.camera.pictures import Pictures, Ring
from edge.contract.commands import Command
from edge.contract.facts import Kind, OrderReceived
from edge.contract.reasons import Direction
from edge.contract.records import wall_text
from edge.decision.decision import LastSeen
from edge.gate.destroy import Destroy, is_quiet
from edge.gate.view import GateView
from edge.journal.file import JournalError
from edge.journal.outbox import Outbox
from edge.lane.events import CommandDone
from edge.lists.store import Lists
from tests.contract.samples import HUB_KEY, TOWN
from tests.edge.journals import NOW, OPENED, ack, keep_visit, open_journal
from tests.edge.kiosk.views import EMPTY
from tests.edge.kiosk.views import gate as gate_view

PLATE = "鲁B12345"
COMMAND = Command(id="o-9", kind="destroy", issued=wall_text(NOW), expires="2036-03-01T00:00:00.000Z")


def no_camera(_lane: str) -> Look | None:
    return None


class Gate:
    """A gate's journal, lists and pictures, and the errand; `waits`: what happens while it waits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = open_journal(folder)
        self.lists = Lists.open(folder / "lists.db", town=TOWN, hub_key=HUB_KEY.public_key())
        self.ring = Ring(folder / "pictures", 10**6, 0)
        self.pictures = Pictures(self.ring, no_camera)
        self.view: GateView = gate_view(EMPTY)
        self.said: list[CommandDone] = []
        self.waits = 0

    def begin(self) -> int:
        self.journal.keep(Kind.ORDER_RECEIVED, body=OrderReceived(order="o-9", result="started"))
        return self.journal.head

    def acknowledge(self) -> None:
        assert self.journal.delivery.release(ack(self.journal, self.journal.head), HUB_KEY.public_key()) is None

    def wait(self, _seconds: float) -> bool:
        self.waits += 1
        return self.waits > 3

    def run(self) -> CommandDone | None:
        Destroy(
            self.folder, self.journal.erasing, acked=lambda: self.journal.acked, view=lambda: self.view, inside=self.lists,
            pictures=self.pictures, post=self.said.append, wait=self.wait,
        ).run(COMMAND)  # fmt: skip
        return self.said[-1] if self.said else None

    def traces(self) -> list[str]:
        wanted = [PLATE.encode(), json.dumps(PLATE)[1:-1].encode(), b"secret picture"]
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return sorted(str(path.name) for path in files if any(each in path.read_bytes() for each in wanted))


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    found = Gate(tmp_path)
    for number in range(450):
        keep_visit(found.journal, f"{PLATE[:-3]}{number:03}" if number else PLATE)
    found.ring.add(sha256(b"secret picture").hexdigest(), b"secret picture")
    found.lists.saw(PLATE, LastSeen("ab" * 16, "east", Direction.IN, NOW))
    (tmp_path / "journal.db.broken-20260301T000000Z").write_text(PLATE, encoding="utf-8")
    return found


def test_everything_goes_and_the_receipt_counts_it(gate: Gate) -> None:
    assert len(gate.traces()) >= 3
    gate.begin()
    gate.acknowledge()
    done = gate.run()
    assert done == CommandDone("o-9", detail="records 450, values 450, pictures 1, vehicles 1, files 1")
    assert gate.traces() == []
    assert gate.journal.verify() is None, "chain, commitments and signatures hold"
    assert gate.lists.inside.last == {}
    assert gate.journal.fault is None
    gate.journal.check()
    assert gate.journal.usable, "a file that is shorter now is not taken for one that was cut"
    keep_visit(gate.journal)


def test_it_waits_until_the_hub_has_every_record(gate: Gate) -> None:
    gate.begin()
    assert gate.run() is None
    assert gate.waits == 4
    assert PLATE in str(gate.journal.visit(gate.journal.recent((Kind.VISIT_OPENED,), 450)[0].record.visit or "")[0])


def test_an_open_visit_is_finished_first(gate: Gate) -> None:
    lane = replace(gate.view.lanes[0], visit="ab" * 16)
    gate.view = replace(gate.view, lanes=(lane,))
    gate.begin()
    gate.acknowledge()
    assert gate.run() is None
    assert not is_quiet(gate.view)


def test_what_came_after_the_command_is_another_operations_and_stays(gate: Gate) -> None:
    gate.begin()
    name = sha256(b"new").hexdigest()
    gate.ring.add(name, b"new")
    visit = "cd" * 16
    gate.journal.keep(
        Kind.VISIT_OPENED,
        visit=visit,
        lane="1",
        body=OPENED.model_copy(update={"picture": name}),
        private={"plate": "鲁B99999"},
    )
    gate.acknowledge()
    gate.run()
    assert gate.journal.visit(visit)[0].private["plate"] == "鲁B99999"
    assert gate.pictures.find(name) == b"new"


def test_cut_off_in_the_middle_it_goes_on_at_the_next_start(gate: Gate) -> None:
    boundary = gate.begin()
    gate.acknowledge()
    gate.journal.erasing.empty(boundary // 2)
    gate.journal.close()
    gate.journal = open_journal(gate.folder)
    done = gate.run()
    assert done is not None
    assert done.detail.startswith("records 225, values 225, ")
    assert gate.traces() == []


def test_done_twice_it_finds_nothing(gate: Gate) -> None:
    gate.begin()
    gate.acknowledge()
    gate.run()
    done = gate.run()
    assert done is not None
    assert done.detail == "records 0, values 0, pictures 0, vehicles 0, files 0"


def test_of_a_disk_that_takes_nothing_the_hub_hears(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    gate.begin()
    gate.acknowledge()

    def full(_up_to: int) -> None:
        raise JournalError("journal.db: database or disk is full")

    monkeypatch.setattr(gate.journal.erasing, "empty", full)
    done = gate.run()
    assert done is not None
    assert (done.failed, done.detail) == (True, "JournalError: journal.db: database or disk is full")


def test_of_a_pruned_command_everything_up_to_it_is_gone_already(gate: Gate) -> None:
    assert isinstance(gate.journal, Outbox)
    assert gate.journal.erasing.started("o-none") == 0
