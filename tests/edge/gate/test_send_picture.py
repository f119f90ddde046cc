"""The hub asks for a visit's picture: it gets the one that the record names, or the word that there is none."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from edge.contract.canonical import sha256_hex
from edge.contract.commands import Command
from edge.contract.facts import Fact, VisitClosed, VisitOpened
from edge.contract.messages import MAX_PICTURE, Picture
from edge.gate.send_picture import SendPicture, picture_of
from edge.lane.events import CommandDone
from tests.contract.samples import COMMANDS, PICTURE, VISIT

HASH = sha256_hex(PICTURE)
ASKED = next(each for each in COMMANDS.commands if each.kind == "picture")
CLOSED = VisitClosed(outcome="passed", officer=None)


def opened(picture: str | None = HASH) -> VisitOpened:
    return VisitOpened(
        read_by="qr", direction="in", verdict="go", reason="ok", vehicle_class=None, pass_id=None, officer=None,
        operation=None, disinfection="off", picture=picture,
    )  # fmt: skip


@dataclass
class Gate:
    """What the errand has around it."""

    bodies: tuple[Fact, ...] = (opened(), CLOSED)
    pictures: dict[str, bytes] = field(default_factory=lambda: {HASH: PICTURE})
    full: bool = False
    sent: list[Picture] = field(default_factory=list)
    carried: list[Callable[[], None]] = field(default_factory=list)
    said: list[CommandDone] = field(default_factory=list)

    def visit(self, visit: str) -> tuple[Fact, ...]:
        assert visit == VISIT
        return self.bodies

    def send(self, picture: Picture, carried: Callable[[], None]) -> bool:
        if not self.full:
            self.sent.append(picture)
            self.carried.append(carried)
        return not self.full

    def run(self, command: Command = ASKED) -> None:
        SendPicture(
            visit=self.visit, find=self.pictures.get, send=self.send, post=self.said.append, now=lambda: "now"
        ).run(command)


def test_the_picture_that_the_record_names_is_sent_and_done_when_the_broker_has_it() -> None:
    gate = Gate()
    gate.run()
    assert gate.sent == [Picture.model_construct(hash=HASH, jpeg=PICTURE, at="now")]
    assert gate.said == []
    gate.carried[0]()
    assert gate.said == [CommandDone(ASKED.id)]


def test_a_picture_that_is_gone_is_an_answer() -> None:
    gate = Gate(pictures={})
    gate.run()
    assert gate.sent[0].jpeg is None


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        (Gate(bodies=(opened(None), CLOSED)), "no picture was taken of this visit here"),
        (Gate(bodies=()), "no picture was taken of this visit here"),
        (Gate(pictures={HASH: bytes(MAX_PICTURE + 1)}), f"the picture is larger than {MAX_PICTURE} bytes"),
        (Gate(full=True), "too many pictures wait for the link"),
    ],
    ids=["none taken", "no such visit", "too large", "line full"],
)
def test_what_cannot_be_sent_says_why(gate: Gate, why: str) -> None:
    gate.run()
    assert gate.sent == []
    assert gate.said == [CommandDone(ASKED.id, failed=True, detail=why)]


def test_a_journal_that_cannot_be_read_fails_the_command_and_nothing_else() -> None:
    gate = Gate()

    def broken(visit: str) -> tuple[Fact, ...]:
        raise OSError(visit)

    errand = SendPicture(visit=broken, find=gate.pictures.get, send=gate.send, post=gate.said.append, now=lambda: "")
    errand.run(ASKED)
    assert gate.said == [CommandDone(ASKED.id, failed=True, detail="OSError")]


def test_the_first_record_of_a_visit_names_its_picture() -> None:
    assert picture_of((opened(), CLOSED)) == HASH
    assert picture_of((CLOSED,)) is None
