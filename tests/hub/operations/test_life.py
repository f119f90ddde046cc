"""An operation from its decision to its end: every act is published, noted with its document, and refused in one line where it cannot be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from edge.contract.facts import Disinfection
from edge.contract.policy import Policy
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.downlink import signed_lists
from hub.errors import RefusedError
from hub.operations import life, rules_file, store
from hub.operations.frame import Frame, Operation, State, reason_of
from hub.operations.life import Beginning
from hub.operations.wording import left_words
from hub.passes.terms import Unfit
from hub.registers import catalogue
from hub.town.operation import Rules
from hub.town.operation_file import FILE
from hub.town.town import Town
from tests.hub.ledgers import table
from tests.hub.passes.test_store import issue
from tests.hub.towns import NOW, Place

BY = "u-1"
FRAME = Frame("县人民政府", "令〔2026〕3号", "设卡，消毒", "南村镇", "动物防疫法")
LATER = NOW + timedelta(days=20)
MADE = Beginning("animal_disease", FRAME, NOW, LATER)
TYPED = FRAME.as_values()


def opened(place: Place) -> Town:
    return Town.open(place.folder)


def with_connection(place: Place, do: Callable[[Connection], Operation]) -> Operation:
    with place.engine.begin() as connection:
        return do(connection)


def start(place: Place, made: Beginning = MADE, now: datetime = NOW) -> Operation:
    return with_connection(place, lambda connection: life.start(opened(place), connection, made, by=BY, now=now))


def extend(place: Place, until: datetime, now: datetime = NOW, **values: str) -> Operation:
    words = {"number": "令〔2026〕9号", "reason": "仍有病例"} | values
    return with_connection(
        place, lambda connection: life.extend(opened(place), connection, until, **words, by=BY, now=now)
    )


def end(place: Place, now: datetime = NOW, reason: str = "疫情解除", number: str = "") -> Operation:
    return with_connection(
        place, lambda connection: life.end(opened(place), connection, reason=reason, number=number, by=BY, now=now)
    )


def record(place: Place, frame: Frame = FRAME, now: datetime = NOW) -> Operation:
    return with_connection(place, lambda connection: life.record(opened(place), connection, frame, by=BY, now=now))


def published(place: Place) -> Policy:
    with place.engine.begin() as connection:
        found = signed_lists.current_policy(connection, place.town.id)
    assert found is not None
    return found


def acts(place: Place, id_: str = "op-1") -> list[str]:
    with place.engine.begin() as connection:
        return [each.act for each in store.history(connection, place.town.id, id_)]


def state(place: Place) -> tuple[bytes, int, list[Any], list[Any], list[Any]]:
    """Everything that a refusal must leave as it is."""
    with place.engine.begin() as connection:
        version = signed_lists.versions(connection, place.town.id)["policy"]
    tables = (table(place, name) for name in ("operations", "operation_history", "rule_versions"))
    first, second, third = tables
    return (place.folder / FILE).read_bytes(), version, first, second, third


def test_an_operation_begins_from_a_template_with_its_decision_and_the_gates_get_it(place: Place) -> None:
    operation = start(place)
    assert operation.frame == FRAME
    assert (operation.id, operation.template, operation.state(NOW)) == ("op-1", "animal_disease", State.RUNNING)
    assert "disinfected_places" in operation.registers
    with place.engine.begin() as connection:
        there = {each.register.id for each in catalogue.every(connection, place.town.id)}
    assert set(operation.registers) <= there, "the registers of its template are there"
    policy = published(place)
    assert (policy.operation.zh, policy.operation.ends) == ("动物疫情封锁", wall_text(LATER))
    assert [each.id for each in policy.classes][:2] == ["livestock", "animal_products"]
    assert [each.id for each in policy.fields][:2] == ["x_certificate", "x_owner"]
    assert policy.operation.passes_since is None, "no operation came before"
    assert acts(place) == ["started"]
    with place.engine.begin() as connection:
        (version,) = rules_file.versions(connection, place.town.id, before=None, limit=9)
        notes = audit.page(connection, audit.Asked(town=place.town.id), before=None, limit=5)
    assert version.signed_by(place.town.id, place.town.key.public_key())
    assert (version.operation, version.by, version.why) == ("op-1", BY, "令〔2026〕3号")
    assert version.text == (place.folder / FILE).read_text("utf-8")
    assert "operation started" in [each.action for each in notes]


def test_the_choices_of_the_decision_count(place: Place) -> None:
    start(place, replace(MADE, zh="南村封锁", en="Nancun", disinfection=Disinfection.OPTIONAL, asked=("driver",)))
    policy = published(place)
    assert (policy.operation.zh, policy.operation.en, policy.asked) == ("南村封锁", "Nancun", ("driver",))
    assert {each.disinfection for each in policy.classes} == {Disinfection.OPTIONAL, Disinfection.OFF}


def test_an_operation_may_be_planned(place: Place) -> None:
    operation = start(place, replace(MADE, starts=NOW + timedelta(days=2)))
    assert operation.state(NOW) is State.PLANNED
    assert operation.state(NOW + timedelta(days=2)) is State.RUNNING


def test_how_long_is_left_is_counted_and_an_end_that_passed_is_overdue(place: Place) -> None:
    operation = start(place)
    assert operation.seconds_left(LATER - timedelta(hours=30)) == 30 * 3600
    assert left_words(operation.seconds_left(LATER - timedelta(hours=30))) == "1 days 6 hours"
    assert left_words(operation.seconds_left(LATER + timedelta(hours=2))) == "over for 2 hours"
    assert not operation.is_overdue(LATER - timedelta(seconds=1))
    assert operation.is_overdue(LATER)
    assert left_words(None) == ""
    assert end(place, LATER).seconds_left(LATER) is None


REFUSED_BEGINNINGS: dict[str, tuple[Beginning, str]] = {
    "no such template": (replace(MADE, template="locusts"), "template 'locusts': there is none, expected one of epidemic, "),
    "an end before the start": (replace(MADE, ends=NOW - timedelta(days=1)), "expected a time after starts"),
    "an end that has passed": (
        replace(MADE, starts=NOW - timedelta(days=9), ends=NOW - timedelta(days=1)), "expected a time after now",
    ),
    "an end beyond the calendar": (replace(MADE, ends=NOW.replace(year=2300)), "expected one from 1970 to 2200"),
    "a name that is too long": (replace(MADE, zh="一" * 201), "operation.toml, line 4: zh: "),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED_BEGINNINGS)
def test_a_beginning_that_cannot_be_is_refused_and_changes_nothing(place: Place, what: str) -> None:
    before = state(place)
    made, words = REFUSED_BEGINNINGS[what]
    with pytest.raises(RefusedError) as refused:
        start(place, made)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert state(place) == before


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("organ", "", "organ: missing"),
        ("number", " \t", "number: missing"),
        ("measures", None, "measures: missing"),
        ("scope", "\u200b", "scope: missing"),
        ("organ", "一" * 201, "organ: 201 characters, expected 200 at most"),
        ("laws", "a" * 2001, "laws: 2001 characters"),
    ],
)
def test_a_decision_without_a_part_that_it_needs_is_refused(part: str, value: str | None, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        Frame.of({**TYPED, part: value})


def test_a_decision_may_name_no_law_and_keeps_no_character_that_cannot_be_seen() -> None:
    frame = Frame.of({**TYPED, "laws": "", "organ": " 县\x00政府\n"})
    assert (frame.laws, frame.organ) == ("", "县政府")


def test_a_second_operation_waits_for_the_end_of_the_first_and_gets_a_fresh_id(place: Place) -> None:
    start(place)
    before = state(place)
    with pytest.raises(RefusedError, match="operation op-1 has not ended: end it first"):
        start(place, replace(MADE, template="forest_fire"))
    assert state(place) == before
    end(place, NOW + timedelta(days=1))
    second = start(place, replace(MADE, template="forest_fire"), NOW + timedelta(days=2))
    assert second.id == "op-2"
    with place.engine.begin() as connection:
        assert [each.id for each in store.every(connection, place.town.id)] == ["op-2", "op-1"]
        current = store.current(connection, place.town.id)
        assert current is not None
        assert current.id == "op-2"
        assert store.ended_at(connection, place.town.id, "op-1") == wall_text(NOW + timedelta(days=1))
        assert store.ended_at(connection, place.town.id, "op-2") is None


def test_no_pass_of_a_former_operation_counts_in_the_next_one(place: Place) -> None:
    start(place)
    with place.engine.begin() as connection:
        old = issue(replace(place, town=opened(place)), connection, vehicle_class="resident")
    end(place, NOW + timedelta(days=1))
    later = NOW + timedelta(days=2)
    start(place, replace(MADE, starts=later, ends=later + timedelta(days=60)), later)
    operation = published(place).operation
    assert operation.is_former(int(old.not_before.timestamp()))
    with place.engine.begin() as connection:
        new = issue(
            replace(place, town=opened(place)),
            connection,
            plate="鲁B54321",
            not_before=later - timedelta(hours=5),
            now=later,
        )
    assert new.not_before == later, "a pass begins no sooner than its operation"
    assert not operation.is_former(int(new.not_before.timestamp()))


def test_an_operation_that_is_used_and_was_never_recorded_is_not_replaced(place: Place) -> None:
    with place.engine.begin() as connection:
        issue(place, connection)
    before = state(place)
    with pytest.raises(RefusedError, match="operation op-1 goes on, and nobody recorded the decision"):
        start(place)
    assert state(place) == before
    end(place)
    assert start(place).id == "op-2"


def test_the_decision_of_the_present_operation_can_be_recorded_and_corrected(place: Place) -> None:
    with place.engine.begin() as connection:
        assert not life.present(connection, place.town.id, place.town.rules).framed
    before = (place.folder / FILE).read_bytes()
    first = record(place)
    assert (first.framed, first.zh) == (True, "封控管理")
    corrected = record(place, replace(FRAME, scope="南村镇、北村镇"))
    assert corrected.frame.scope == "南村镇、北村镇"
    assert (place.folder / FILE).read_bytes() == before, "rules and period stay"
    assert acts(place) == ["recorded", "recorded"]
    with place.engine.begin() as connection:
        newest, _first = store.history(connection, place.town.id, "op-1")
    assert newest.detail == {"before": {"scope": "南村镇"}, "after": {"scope": "南村镇、北村镇"}}


def test_a_longer_period_has_a_document_of_its_own_and_reaches_the_gates(place: Place) -> None:
    start(place)
    operation = extend(place, LATER + timedelta(days=10))
    assert operation.ends == wall_text(LATER + timedelta(days=10))
    assert published(place).operation.ends == operation.ends
    with place.engine.begin() as connection:
        event = store.history(connection, place.town.id, "op-1")[0]
    assert (event.act, event.number, event.reason) == ("extended", "令〔2026〕9号", "仍有病例")
    assert event.detail["before"] == {"ends": wall_text(LATER)}


def test_an_operation_whose_period_is_over_can_still_be_extended_by_who_did_not_end_it(place: Place) -> None:
    start(place)
    operation = extend(place, LATER + timedelta(days=10), LATER + timedelta(hours=1))
    assert not operation.is_overdue(LATER + timedelta(hours=1))


REFUSED_EXTENSIONS: dict[str, tuple[Callable[[Place], object], str]] = {
    "no later": (lambda place: extend(place, LATER), "expected one later than now and than the present end"),
    "past": (lambda place: extend(place, LATER + timedelta(days=1), LATER + timedelta(days=2)), "expected one later than now"),
    "no document": (lambda place: extend(place, LATER + timedelta(days=1), number=" "), "number: missing"),
    "too long a document": (lambda place: extend(place, LATER + timedelta(days=1), number="a" * 101), "101 characters"),
    "no reason": (lambda place: extend(place, LATER + timedelta(days=1), reason=""), "reason: missing"),
    "beyond the calendar": (lambda place: extend(place, LATER.replace(year=2300)), "expected one from 1970 to 2200"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED_EXTENSIONS)
def test_an_extension_that_cannot_be_is_refused_and_changes_nothing(place: Place, what: str) -> None:
    start(place)
    before = state(place)
    do, words = REFUSED_EXTENSIONS[what]
    with pytest.raises(RefusedError, match=words):
        do(place)
    assert state(place) == before


def test_only_a_recorded_operation_with_an_end_can_be_extended(place: Place) -> None:
    with pytest.raises(RefusedError, match="nobody recorded the decision"):
        extend(place, LATER)
    record(place)
    with pytest.raises(RefusedError, match="its end is open"):
        extend(place, LATER)


def test_the_end_counts_at_once_and_is_noted(place: Place) -> None:
    start(place)
    at = NOW + timedelta(days=3)
    operation = end(place, at, number="令〔2026〕12号")
    assert operation.state(at) is State.ENDED
    assert (operation.ended_at, operation.ended_by, operation.end_reason) == (wall_text(at), BY, "疫情解除")
    assert operation.ends == wall_text(LATER), "what was decided stays what was decided"
    assert published(place).operation.has_ended(at)
    assert acts(place) == ["ended", "started"]
    with place.engine.begin() as connection, pytest.raises(RefusedError, match="ended"):
        issue(replace(place, town=opened(place)), connection, not_before=at, now=at)


def test_nothing_is_valid_nor_issued_beyond_the_end(place: Place) -> None:
    start(place)
    town = replace(place, town=opened(place))
    with place.engine.begin() as connection:
        assert issue(town, connection, vehicle_class="veterinary").expires == LATER
        with pytest.raises((Unfit, RefusedError)):
            issue(town, connection, plate="鲁B54321", not_before=LATER, now=LATER)


def test_a_planned_operation_can_be_ended_and_never_begins(place: Place) -> None:
    start(place, replace(MADE, starts=NOW + timedelta(days=2)))
    operation = end(place)
    assert operation.starts == wall_text(NOW + timedelta(days=2))
    assert published(place).operation.has_ended(NOW)


def test_an_end_after_the_period_leaves_the_period_as_it_was(place: Place) -> None:
    start(place)
    before = (place.folder / FILE).read_bytes()
    operation = end(place, LATER + timedelta(days=1))
    assert operation.ended_at == wall_text(LATER + timedelta(days=1))
    assert (place.folder / FILE).read_bytes() == before


@pytest.mark.parametrize(("reason", "words"), [("", "reason: missing"), ("a" * 501, "reason: 501 characters")])
def test_an_end_needs_a_reason(place: Place, reason: str, words: str) -> None:
    start(place)
    before = state(place)
    with pytest.raises(RefusedError, match=words):
        end(place, reason=reason)
    assert state(place) == before
    assert reason_of(" so ") == "so"


def test_what_has_ended_is_neither_ended_nor_extended_nor_corrected(place: Place) -> None:
    start(place)
    end(place)
    before = state(place)
    for act in (end, record, lambda place: extend(place, LATER + timedelta(days=9))):
        with pytest.raises(RefusedError, match="operation op-1 was ended"):
            act(place)
    assert state(place) == before


def test_a_period_that_a_hand_changed_is_noted_when_it_is_published(place: Place) -> None:
    start(place)
    file = place.folder / FILE
    text = file.read_text("utf-8").replace('ends = "2026-03-21T12:30:00+08:00"', 'ends = "2026-03-11T12:30:00+08:00"')
    file.write_text(text, "utf-8")
    with place.engine.begin() as connection:
        life.taken_up(opened(place), connection, Rules.load(place.folder), by="cli", now=NOW)
        found = store.find(connection, place.town.id, "op-1")
    assert found is not None
    assert found.ends == "2026-03-11T04:30:00.000Z"
    assert acts(place) == ["by_hand", "started"]


def test_no_hand_brings_an_ended_operation_back(place: Place) -> None:
    start(place)
    end(place)
    file = place.folder / FILE
    file.write_text(file.read_text("utf-8").replace('ends = "2026-03-01', 'ends = "2027-03-01'), "utf-8")
    with place.engine.begin() as connection, pytest.raises(RefusedError, match="begin a new one"):
        life.taken_up(opened(place), connection, Rules.load(place.folder), by="cli", now=NOW)


def test_a_file_that_does_not_hold_stops_every_act_but_a_new_beginning(place: Place) -> None:
    (place.folder / FILE).write_text("id = [", "utf-8")
    for act in (end, record):
        with pytest.raises(RefusedError, match=r"operation\.toml cannot be used so: "):
            act(place)
    assert start(place).id == "op-1"


def test_the_other_parts_note_that_its_values_were_destroyed(place: Place) -> None:
    start(place)
    end(place)
    with place.engine.begin() as connection:
        store.mark_destroyed(connection, place.town.id, "op-1", by=BY, now=NOW)
        found = store.find(connection, place.town.id, "op-1")
    assert found is not None
    assert found.state(NOW) is State.DESTROYED
    assert acts(place)[0] == "destroyed"
