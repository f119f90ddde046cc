"""Who is inside: the hub's numbers without a gap, the gate's own eyes at once, and the later sighting stands."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.contract.messages import Sighting, Sightings, Signed
from edge.contract.reasons import Direction
from edge.contract.records import wall_text
from edge.decision.decision import LastSeen
from edge.lists.store import Lists
from tests.contract.samples import HUB_KEY, ISSUED, TOWN

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
IN, OUT = Direction.IN, Direction.OUT
ROOT = Path(__file__).resolve().parents[3]


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def sighting(n: int, plate: str | None = None, direction: Direction = IN, **more: object) -> Sighting:
    facts = {"gate": "south", "pass_id": None, "at": wall_text(at(n)), "visit": f"{n:032x}", **more}
    return Sighting.model_validate({"n": n, "plate": plate or f"鲁B{n:05d}", "direction": direction, **facts})


def signed_sightings(
    first: int, last: int, *sightings: Sighting, series: str = "l-1.1", snapshot: bool = False
) -> Signed:
    body = Sightings(series=series, first=first, last=last, snapshot=snapshot, sightings=sightings)
    return Signed.seal("sightings", TOWN, last, ISSUED, body, HUB_KEY)


def open_lists(folder: Path) -> Lists:
    return Lists.open(folder / "lists.db", town=TOWN, hub_key=HUB_KEY.public_key())


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Lists]:
    opened = open_lists(tmp_path)
    yield opened
    opened.close()


def tell(lists: Lists, message: Signed, *, settled: bool = False) -> None:
    assert lists.accept(message, NOW, settled=settled) is None


def book(lists: Lists) -> tuple[str | None, int, int, bool]:
    return lists.inside.series, lists.inside.number, lists.inside.count, lists.inside.behind


def test_numbers_that_follow_each_other_are_applied(lists: Lists) -> None:
    tell(lists, signed_sightings(1, 2, sighting(1), sighting(2)))
    tell(lists, signed_sightings(3, 3, sighting(3, "鲁B00001", OUT)))
    assert book(lists) == ("l-1.1", 3, 1, False)
    assert lists.inside.last["鲁B00001"] == LastSeen(f"{3:032x}", "south", OUT, at(3))


def test_what_is_known_already_is_not_counted_twice(lists: Lists) -> None:
    tell(lists, signed_sightings(1, 2, sighting(1), sighting(2)))
    tell(lists, signed_sightings(1, 3, sighting(1), sighting(2), sighting(3)))
    tell(lists, signed_sightings(2, 2, sighting(2)))
    assert book(lists) == ("l-1.1", 3, 3, False)


def test_a_gap_changes_nothing_but_asks(lists: Lists) -> None:
    tell(lists, signed_sightings(1, 1, sighting(1)))
    tell(lists, signed_sightings(3, 3, sighting(3)))
    assert book(lists) == ("l-1.1", 1, 1, True)
    tell(lists, signed_sightings(2, 3, sighting(2), sighting(3)))
    assert book(lists) == ("l-1.1", 3, 3, False)


def test_another_series_asks_and_its_snapshot_begins_anew(lists: Lists) -> None:
    tell(lists, signed_sightings(1, 2, sighting(1), sighting(2)))
    tell(lists, signed_sightings(8, 8, sighting(8), series="l-1.2"))
    assert book(lists) == ("l-1.1", 2, 2, True)
    tell(lists, signed_sightings(0, 8, sighting(8), series="l-1.2", snapshot=True))
    assert book(lists) == ("l-1.2", 8, 1, False)
    assert list(lists.inside.last) == ["鲁B00008"]


def test_a_gate_that_knows_nothing_waits_for_a_snapshot_or_the_beginning(lists: Lists) -> None:
    tell(lists, signed_sightings(5, 5, sighting(5)))
    assert book(lists) == (None, 0, 0, True)
    tell(lists, signed_sightings(0, 0, snapshot=True))
    assert book(lists) == ("l-1.1", 0, 0, False)


def test_a_snapshot_may_come_in_parts(lists: Lists) -> None:
    tell(lists, signed_sightings(0, 9, sighting(1), snapshot=True))
    tell(lists, signed_sightings(2, 9, sighting(2), snapshot=True))
    assert book(lists) == ("l-1.1", 9, 2, False)
    tell(lists, signed_sightings(10, 10, sighting(10)))
    assert book(lists) == ("l-1.1", 10, 3, False)


def test_an_older_snapshot_is_believed_and_what_it_lacks_is_asked_for_again(lists: Lists) -> None:
    tell(lists, signed_sightings(1, 3, sighting(1), sighting(2), sighting(3)))
    tell(lists, signed_sightings(0, 1, sighting(1), snapshot=True))
    assert book(lists) == ("l-1.1", 1, 1, False)
    tell(lists, signed_sightings(4, 4, sighting(4)))
    assert book(lists) == ("l-1.1", 1, 1, True)


def test_the_rest_of_another_snapshot_asks_again(lists: Lists) -> None:
    tell(lists, signed_sightings(0, 9, sighting(1), snapshot=True))
    tell(lists, signed_sightings(2, 10, sighting(2), snapshot=True))
    assert book(lists) == ("l-1.1", 9, 1, True)


def test_a_hub_that_has_nothing_new_makes_the_count_fresh_unless_something_is_missing(lists: Lists) -> None:
    lists.vouch(["sightings"], NOW)
    assert lists.inside.received is None
    tell(lists, signed_sightings(0, 1, sighting(1), snapshot=True))
    lists.vouch(["sightings"], at(9))
    assert lists.inside.received == at(9)
    tell(lists, signed_sightings(3, 3, sighting(3)))
    lists.vouch(["sightings"], at(10))
    assert lists.inside.received == at(9)
    tell(lists, signed_sightings(2, 1))  # the hub's word that nothing is missing
    assert book(lists) == ("l-1.1", 1, 1, False)
    assert lists.inside.received == NOW


def test_a_late_word_of_an_earlier_sighting_does_not_undo_the_later_one(lists: Lists) -> None:
    tell(lists, signed_sightings(1, 1, sighting(1, "鲁B7", OUT, at=wall_text(at(30)))))
    tell(lists, signed_sightings(2, 2, sighting(2, "鲁B7", IN, at=wall_text(at(10)), gate="east")))
    assert book(lists) == ("l-1.1", 2, 0, False)
    assert lists.inside.last["鲁B7"].direction is OUT


def test_a_vehicle_without_a_plate_is_known_by_its_pass_and_one_with_neither_is_not_counted(lists: Lists) -> None:
    anonymous = Sighting.model_validate(sighting(1).model_dump() | {"plate": None, "pass_id": "0011223344556677"})
    nobody = Sighting.model_validate(sighting(2).model_dump() | {"plate": None})
    tell(lists, signed_sightings(1, 2, anonymous, nobody))
    assert list(lists.inside.last) == ["0011223344556677"]
    assert lists.inside.number == 2


def test_what_the_gate_saw_itself_counts_at_once_and_the_hubs_word_replaces_it(lists: Lists) -> None:
    lists.saw("鲁B7", LastSeen(f"{7:032x}", "east", IN, at(5)))
    assert book(lists) == (None, 0, 1, False)
    corrected = sighting(1, "鲁B7", gate="east", visit=f"{7:032x}", at=wall_text(at(4)))
    tell(lists, signed_sightings(1, 1, corrected))
    assert (lists.inside.last["鲁B7"].at, lists.inside.count) == (at(4), 1)


def test_what_the_hub_may_not_hold_yet_outlives_its_snapshot(lists: Lists) -> None:
    lists.saw("鲁B7", LastSeen(f"{7:032x}", "east", IN, at(5)))
    tell(lists, signed_sightings(0, 3, sighting(3), snapshot=True), settled=False)
    assert set(lists.inside.last) == {"鲁B7", "鲁B00003"}
    tell(lists, signed_sightings(0, 4, sighting(3), snapshot=True), settled=True)
    assert set(lists.inside.last) == {"鲁B00003"}


def test_everything_survives_a_restart(tmp_path: Path, lists: Lists) -> None:
    tell(lists, signed_sightings(1, 2, sighting(1), sighting(2)))
    lists.saw("鲁B7", LastSeen(f"{7:032x}", "east", IN, at(5)))
    before, known = book(lists), dict(lists.inside.last)
    lists.close()
    again = open_lists(tmp_path)
    assert (book(again), dict(again.inside.last), again.inside.received) == (before, known, NOW)
    tell(again, signed_sightings(0, 2, snapshot=True))
    assert list(again.inside.last) == ["鲁B7"]  # the file knows which it saw itself
    again.close()


def test_who_left_long_ago_is_forgotten_at_the_next_start(tmp_path: Path, lists: Lists) -> None:
    left, stays = sighting(1, "鲁B1", OUT), sighting(2, "鲁B2", IN)
    tell(lists, signed_sightings(1, 3, left, stays, sighting(3, "鲁B3", at=wall_text(at(3 * 24 * 60)))))
    lists.close()
    again = open_lists(tmp_path)
    assert set(again.inside.last) == {"鲁B2", "鲁B3"}
    again.close()


def test_sightings_that_are_not_the_hubs_are_refused(lists: Lists) -> None:
    forged = signed_sightings(1, 1, sighting(1)).model_copy(update={"version": 2})
    assert "not signed by the hub" in (lists.accept(forged, NOW) or "")
    elsewhere = Signed.seal("sightings", "elsewhere", 1, ISSUED, Sightings(series="l", first=1, last=1), HUB_KEY)
    assert "for town 'elsewhere'" in (lists.accept(elsewhere, NOW) or "")
    good = signed_sightings(1, 1, sighting(1, at="2026-03-01T08:00:00.000Z"))
    for at in ("at noon", "2026-03-01T08:00:00", "2026-03-01T25:00:00.000Z"):
        text = good.text.replace("2026-03-01T08:00:00.000Z", at)
        bad = Signed.sign("sightings", good.town, 1, good.issued, text, HUB_KEY)
        assert "sightings version 1: sightings.0.at: expected a time" in (lists.accept(bad, NOW) or "")
    assert book(lists) == (None, 0, 0, False)


def test_a_full_disk_does_not_undo_what_is_known(lists: Lists) -> None:
    lists._db.execute("pragma query_only = on")
    tell(lists, signed_sightings(1, 1, sighting(1)))
    lists.saw("鲁B7", LastSeen(f"{7:032x}", "east", IN, at(5)))
    assert lists.inside.count == 2


LOAD = """
import resource, sys, time
from pathlib import Path
from tests.contract.samples import HUB_KEY, TOWN
import edge.unit.unit
from edge.lists.store import Lists
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, began = peak(), time.perf_counter()
lists = Lists.open(Path(sys.argv[1]), town=TOWN, hub_key=HUB_KEY.public_key())
seconds, more, held = time.perf_counter() - began, peak() - before, lists.snapshot()
assert (len(held.revoked), len(held.watch), lists.inside.count) == (10_000, 5_000, 20_000)
print(seconds, more)
"""


def test_a_big_towns_lists_load_in_a_moment_and_in_little_memory(tmp_path: Path, lists: Lists) -> None:
    from tests.edge.big_town import fill

    fill(lists, NOW)
    lists.close()
    told = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path / "lists.db")],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    measured = SimpleNamespace(**dict(zip(("seconds", "megabytes"), map(float, told.stdout.split()), strict=True)))
    assert measured.seconds < 5, "a loaded machine gets five times what is promised"
    assert measured.megabytes < 50
