"""What becomes of each part is decided before: in a table, the audit and the ledger; what makes no sense is refused in one line."""

from datetime import timedelta

import pytest

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.alerts.kinds import AlertKind
from hub.alerts.raising import of_hub
from hub.destruction import decisions, parts
from hub.destruction.decisions import Decision
from hub.destruction.parts import Choice
from hub.errors import RefusedError
from hub.registers import catalogue
from tests.hub.destruction.endings import LATER, decide_all, ended
from tests.hub.ledgers import check, table
from tests.hub.towns import NOW, Place


def decide(place: Place, *decision: object) -> None:
    with place.engine.begin() as connection:
        decisions.decide(
            connection, town="demo", operation="op-1", decision=Decision(*decision), by=place.users[Role.ADMIN],  # type: ignore[arg-type]  # any
            key=place.town.key, now=NOW,
        )  # fmt: skip


def test_a_decision_stands_in_the_table_the_audit_and_the_ledger(place: Place) -> None:
    decide(place, "pictures", Choice.KEEP, "案件 3 的证据", wall_text(LATER))
    (row,) = table(place, "destruction_decisions")
    assert (row["part"], row["choice"], row["until"]) == ("pictures", "keep", wall_text(LATER))
    assert table(place, "audit")[-1]["action"] == "part decided"
    assert [each["kind"] for each in table(place, "entries")] == ["part_decided"]
    check(place)


def test_what_was_kept_until_a_day_that_is_past_is_named_and_an_alert_until_it_is_decided_anew(place: Place) -> None:
    decide(place, "pictures", Choice.KEEP, "案件 3 的证据", wall_text(LATER))
    decide(place, "alerts", Choice.DESTROY, "法")
    day_after = LATER + timedelta(days=1)
    with place.engine.begin() as connection:
        assert decisions.past_date(connection, "demo", LATER - timedelta(seconds=1)) == []
        (past,) = decisions.past_date(connection, "demo", day_after)
        (state,) = of_hub.kept_past(connection, "demo", day_after)
    assert (past.part, past.until) == ("pictures", wall_text(LATER))
    assert (state.what, state.about.subject) == (AlertKind.KEPT_PAST, "pictures")
    decide(place, "pictures", Choice.DESTROY, "评估已完成")
    with place.engine.begin() as connection:
        assert list(of_hub.kept_past(connection, "demo", day_after)) == []


def test_a_later_decision_takes_its_place_and_both_stay_in_the_ledger(place: Place) -> None:
    for choice in (Choice.DESTROY, Choice.ARCHIVE):
        decide(place, "ledger", choice, "法")
    assert [row["choice"] for row in table(place, "destruction_decisions")] == ["archive"]
    assert len(table(place, "entries")) == 2


@pytest.mark.parametrize(
    ("decision", "line"),
    [
        (("cats", Choice.DESTROY, "x"), "part 'cats': there is no such part"),
        (("audit", Choice.ARCHIVE, "x"), "part audit: archive is none of its choices, which are destroy, keep"),
        (("forms", Choice.KEEP, "x", wall_text(LATER)), "part forms: keep is none of its choices, which are destroy"),
        (("ledger", Choice.DESTROY, " "), "part ledger: expected a reason, by which law or need"),
        (("ledger", Choice.KEEP, "x"), "part ledger: expected until when it is kept, a day to come"),
        (("ledger", Choice.KEEP, "x", wall_text(NOW)), "part ledger: expected until when it is kept, a day to come"),
        (
            ("ledger", Choice.DESTROY, "x", wall_text(LATER)),
            "part ledger: only what is kept has a day until which it is",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(place: Place, decision: tuple[object, ...], line: str) -> None:
    with pytest.raises(RefusedError) as caught:
        decide(place, *decision)
    assert str(caught.value) == line
    assert table(place, "destruction_decisions") == table(place, "entries") == []


def test_every_part_must_be_decided_and_a_register_is_one(place: Place) -> None:
    decide_all(ended(place))
    with place.engine.begin() as connection:
        assert decisions.undecided(connection, "demo", "op-1") == []
        catalogue.add(connection, "demo", catalogue.shipped()["patrols"], by="u-1", now=NOW)
        assert decisions.undecided(connection, "demo", "op-1") == ["register:patrols"]
        assert parts.every(connection, "demo")["register:patrols"].register == "patrols"
