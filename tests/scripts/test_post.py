"""The demo's command post: two questions, runs of four areas of which one was missed, and an order that simulated officers confirm."""

from datetime import timedelta
from pathlib import Path

from edge.simulation.scenario import Vehicle
from hub.orders import dispatches
from hub.questions import store as questions
from hub.runs import derive, store
from hub.runs.marks import RunState
from scripts.town import post
from scripts.town.scenario import GATE_NAMES, plan
from tests.hub.ledgers import settle, table
from tests.hub.orders.villages import settle_villages
from tests.hub.towns import NOW
from tests.scripts.test_scenario import SEED, policy


def vehicles() -> dict[str, tuple[Vehicle, ...]]:
    return dict(plan(SEED, policy()).vehicles)


def test_a_new_demo_has_two_questions_and_runs_of_which_one_is_missed(tmp_path: Path) -> None:
    place = settle(tmp_path)
    officers = dict.fromkeys(GATE_NAMES, "u-3")
    with place.engine.begin() as connection:
        post.lay_out(connection, place.town, vehicles(), officers, NOW)
        found, _ = questions.page(connection, "demo", questions.Asked(), NOW, limit=9)
        derive.write(connection, "demo", derive.look(connection, "demo", place.town.settings.zone, NOW))
        areas = store.areas(connection, "demo")
        due = [
            run.state
            for each in store.plans(connection, "demo")
            for run in derive.runs_of(
                connection, "demo", each, NOW, NOW + timedelta(minutes=12), place.town.settings.zone, NOW
            )
        ]
    assert sorted(each.state(NOW) for each in found) == ["answered", "assigned"]
    assert len(areas) == len(vehicles()) + 1
    missed = [row["state"] for row in table(place, "runs")]
    place.engine.dispose()
    assert missed == ["missed"]
    assert due.count(RunState.DUE) == len(vehicles())


def test_the_order_of_the_demo_is_sent_by_the_command_of_a_real_town() -> None:
    assert post.order_arguments(0.0)[:2] == ("order", "send")
    assert post.order_arguments(0.0)[-1] == "0.050"


def test_an_order_goes_to_villages_of_which_one_confirms_one_is_missing_and_an_older_one_has_expired(
    tmp_path: Path,
) -> None:
    place = settle(tmp_path)
    with place.engine.begin() as connection:
        settle_villages(connection)
        post.lay_out(connection, place.town, vehicles(), dict.fromkeys(GATE_NAMES, "u-3"), NOW)
        (newest, expired), _more = dispatches.page(connection, "demo", dispatches.Asked(), NOW, limit=9)
    place.engine.dispose()
    villages = {each.id: each for each in newest.recipients if each.kind == "village"}
    assert sorted(each.state for each in villages.values()) == ["received", "sent"]
    assert newest.state(NOW) is dispatches.State.MISSING
    assert not next(each for each in villages.values() if each.confirmed).late
    assert {each.state for each in expired.recipients} == {"expired"}
