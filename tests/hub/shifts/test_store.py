"""Shifts of the post: signing on, notes, handing over and signing off are entries; rows are derived from them and nothing else."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection

from hub.errors import RefusedError
from hub.ledger.projections.rebuild import rebuild
from hub.ledger.verify_walk import BrokenError
from hub.shifts import store
from hub.shifts.store import Figures, Post
from tests.hub.ledgers import check, meddle, table
from tests.hub.towns import NOW, Place

HOUR = timedelta(hours=1)
MORNING = NOW - 10 * HOUR


def post(connection: Connection, place: Place, user: str, at: datetime = MORNING) -> Post:
    return Post(connection, "demo", user, place.town.key, at)


def begun(place: Place, at: datetime) -> datetime | None:
    with place.engine.begin() as connection:
        return store.current_shift_start(connection, "demo", at)


def test_a_shift_begins_with_the_first_and_others_join_it(place: Place) -> None:
    assert begun(place, NOW) is None
    with place.engine.begin() as connection:
        post(connection, place, "u-2").sign_on(open_matters=3, taken=["alert/1", "alert/2"])
        post(connection, place, "u-3", MORNING + HOUR).sign_on(open_matters=0, taken=[])
        with pytest.raises(RefusedError, match="on duty already"):
            post(connection, place, "u-2", NOW).sign_on(open_matters=0, taken=[])
        first, second = store.on_duty(connection, "demo")
    assert (first.user, second.user, first.shift) == ("u-2", "u-3", second.shift)
    assert first.taken == ("alert/1", "alert/2")
    assert begun(place, NOW) == MORNING


def test_a_handover_has_two_names_and_begins_the_next_shift(place: Place) -> None:
    evening = NOW - HOUR
    with place.engine.begin() as connection:
        post(connection, place, "u-2").sign_on(open_matters=0, taken=[])
        post(connection, place, "u-3", MORNING + HOUR).sign_on(open_matters=0, taken=[])
        post(connection, place, "u-2", evening).offer(
            to="u-4", text="north's sprayer drips", open_matters=1, matters=["alert/1"], figures=Figures(entered=9)
        )
        offer = store.offers(connection, "demo", evening)["u-2"]
        with pytest.raises(RefusedError, match="somebody else"):
            post(connection, place, "u-1", evening).relieve("u-2", offer=offer, open_matters=1, taken=[])
        post(connection, place, "u-4", evening + timedelta(minutes=2)).relieve(
            "u-2", offer=offer, open_matters=1, taken=["alert/1"]
        )
        # who stays goes on, in the shift that has begun
        assert [each.user for each in store.on_duty(connection, "demo")] == ["u-3", "u-4"]
        with pytest.raises(RefusedError, match="not on duty"):
            post(connection, place, "u-2", NOW).note("too late")
    assert (offer.text, offer.figures.entered, offer.matters) == ("north's sprayer drips", 9, ("alert/1",))
    assert begun(place, NOW) == evening + timedelta(minutes=2)
    raws = [row["raw"] for row in table(place, "entries") if row["kind"].startswith("duty_")]
    assert not any("sprayer" in raw for raw in raws), "what people wrote can be destroyed"
    assert '"relieves":"u-2"' in raws[-1]
    assert '"user":"u-4"' in raws[-1]
    check(place)


def test_an_offer_goes_stale(place: Place) -> None:
    with place.engine.begin() as connection:
        post(connection, place, "u-2").sign_on(open_matters=0, taken=[])
        post(connection, place, "u-2").offer(to=None, text="", open_matters=0, matters=[], figures=Figures())
        assert store.offers(connection, "demo", MORNING + HOUR).keys() == {"u-2"}
        stale = store.offers(connection, "demo", MORNING + HOUR)["u-2"]
        assert store.offers(connection, "demo", MORNING + 3 * HOUR) == {}
        with pytest.raises(RefusedError, match="does not stand"):
            post(connection, place, "u-3", MORNING + 3 * HOUR).relieve("u-2", offer=stale, open_matters=0, taken=[])


def test_nobody_hands_over_and_a_reason_is_asked(place: Place) -> None:
    with place.engine.begin() as connection:
        post(connection, place, "u-2").sign_on(open_matters=0, taken=[])
        with pytest.raises(RefusedError, match="reason"):
            post(connection, place, "u-3", NOW).relieve("u-2", offer=None, open_matters=0, taken=[])
        post(connection, place, "u-3", NOW).relieve(
            "u-2", offer=None, why="taken to hospital", open_matters=0, taken=[]
        )
        with pytest.raises(RefusedError, match="reason"):
            post(connection, place, "u-1", NOW).sign_off("u-3")
        post(connection, place, "u-3", NOW).sign_off("u-3")
        assert store.on_duty(connection, "demo") == []
        with pytest.raises(RefusedError, match="not on duty"):
            post(connection, place, "u-3", NOW).sign_off("u-3")
    assert begun(place, NOW) is None
    assert [row["why"] for row in table(place, "duties")] == ["", "taken to hospital"]
    assert {row["action"] for row in table(place, "audit")} >= {"duty started", "duty taken over", "duty ended"}


def test_what_a_rebuild_derives_is_what_stood_there_and_a_changed_row_is_named(place: Place) -> None:
    with place.engine.begin() as connection:
        post(connection, place, "u-2").sign_on(open_matters=1, taken=["alert/1"])
        post(connection, place, "u-2", MORNING + HOUR).note("a lorry waits at the north gate")
    before = [table(place, name) for name in ("duties", "duty_notes")]
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    assert [table(place, name) for name in ("duties", "duty_notes")] == before
    check(place)
    meddle(place, "UPDATE duties SET user = 'u-1'")
    with pytest.raises(BrokenError, match="duties, shift"):
        check(place)
