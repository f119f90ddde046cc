"""Who was signed on at a gate, from real records: pairs, handovers with their notes, what began before and ends after."""

from datetime import datetime, timedelta

from edge.contract.facts import Kind, ShiftEnded, ShiftStarted
from edge.contract.records import wall_text
from hub.roster import served
from tests.hub.ledgers import send
from tests.hub.towns import NOW, Place

HOUR = timedelta(hours=1)


def on(place: Place, officer: str, at: datetime, gate: str = "east") -> None:
    place.gates[gate].keep(Kind.SHIFT_STARTED, ShiftStarted(officer=officer), at)
    send(place, place.gates[gate])


def off(place: Place, officer: str, at: datetime, *, to: str | None = None, left: int = 0, note: str = "") -> None:
    gate = place.gates["east"]
    gate.keep(
        Kind.SHIFT_ENDED,
        ShiftEnded(officer=officer, to=to, open_matters=left),
        at,
        private={"remark": note} if note else {},
    )
    if to is not None:
        gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer=to), at)
    send(place, gate)


def times(place: Place, start: datetime, end: datetime) -> list[served.Served]:
    with place.engine.begin() as connection:
        return served.between(connection, "demo", wall_text(start), wall_text(end), ["east", "west"])


def test_a_time_on_duty_is_found_wherever_the_asked_time_cuts_it(place: Place) -> None:
    on(place, "u-3", NOW - 12 * HOUR)
    off(place, "u-3", NOW - 4 * HOUR)
    on(place, "u-4", NOW - 3 * HOUR)
    on(place, "u-3", NOW - 2 * HOUR, "west")
    cases = {
        (12, 4): ["u-3"],
        (8, 7): ["u-3"],
        (4, 3): [],
        (2.5, 2.2): ["u-4"],
        (1, 0): ["u-4", "u-3"],
        (20, 0): ["u-3", "u-4", "u-3"],
    }
    for (began, ended), officers in cases.items():
        assert [each.officer for each in times(place, NOW - began * HOUR, NOW - ended * HOUR)] == officers, (
            began,
            ended,
        )
    last = times(place, NOW - HOUR, NOW)[0]
    assert last.end is None
    assert last.covers(wall_text(NOW))


def test_who_signs_on_without_the_other_signing_off_ends_that_time(place: Place) -> None:
    on(place, "u-3", NOW - 2 * HOUR)
    on(place, "u-4", NOW - HOUR)
    first, second = times(place, NOW - 3 * HOUR, NOW)
    assert (first.officer, first.end, first.mark) == ("u-3", second.start, None)


def test_handovers_say_what_is_open_and_who_took_over(place: Place) -> None:
    on(place, "u-3", NOW - 9 * HOUR)
    off(place, "u-3", NOW - 6 * HOUR, to="u-4", left=2, note="泵漏水")
    off(place, "u-4", NOW - 3 * HOUR, to="u-3")
    off(place, "u-3", NOW - HOUR)
    found = times(place, NOW - 10 * HOUR, NOW)
    with place.engine.begin() as connection:
        newest, middle, oldest = served.handovers(connection, "demo", found)
    assert [each.state for each in (oldest, middle, newest)] == ["left", "done", "waiting"]
    assert (oldest.note, oldest.served.open_matters, oldest.served.to) == ("泵漏水", 2, "u-4")
    assert oldest.next_ is not None
    assert oldest.next_.officer == "u-4"
    assert newest.next_ is None
