"""Rows whose time passes come into the state that their register declares."""

import pytest

from hub.errors import RefusedError
from hub.registers import history, store
from hub.registers.lapse import HUB, lapse
from hub.registers.rows import Draft
from tests.hub.ledgers import table
from tests.hub.registers.declared import FINDINGS, HOUSEHOLDS, ZONE, declared, later, writer
from tests.hub.towns import Place

PATROL = FINDINGS.replace('type = "date"', 'type = "time"').replace(
    'next = ["fixed"]\n', 'next = ["fixed"]\nlate = "missed"\n', 1
) + (
    """
[[states]]
id = "missed"
zh = "漏"
en = "Missed"
next = ["fixed"]
reason = true
"""
)
ISOLATED = (
    HOUSEHOLDS.replace('en = "Homes"\n', 'en = "Homes"\ndue = "until"\n', 1)
    + """
[[states]]
id = "isolated"
zh = "隔离中"
en = "Isolated"
late = "released"
[[states]]
id = "released"
zh = "解除隔离"
en = "Released"
ends = true
"""
)


def test_a_point_that_nobody_came_to_in_time_is_missed_by_itself(place: Place) -> None:
    with declared(place, PATROL) as (connection, keeper):
        row = keeper.add(connection, Draft({"what": "桥", "until": "2026-03-01T08:00:00.000Z"}), writer(place))
        assert lapse(connection, "demo", ZONE, later(-100_000_000 / 60)) == []
        when = later(60 * 24 * 366)
        assert lapse(connection, "demo", ZONE, when) == [row.id]
        assert lapse(connection, "demo", ZONE, when) == []
        row = store.known(connection, "demo", keeper.register, row.id)
        assert (row.state, row.due_at) == ("missed", None)
        last = history.of(connection, "demo", row.id)[-1]
        assert (last.what, last.user, last.state) == ("lapsed", HUB, "missed")
        changed = keeper.change(
            connection, row, Draft({**row.values, "fix": "x"}), writer(place, now=when), version=row.version
        )
        assert changed.due_at is None
    assert table(place, "audit")[-2]["action"] == "register row lapsed"


def test_a_release_is_computed_and_nobody_can_type_it(place: Place) -> None:
    with declared(place, ISOLATED) as (connection, keeper):
        draft = Draft({"door": "南村镇1号", "begin": "2026-03-01", "length": 14})
        row = keeper.add(connection, draft, writer(place))
        assert row.due_at == "2026-03-15T16:00:00.000Z"
        with pytest.raises(RefusedError, match="it can't become 'released'"):
            keeper.move(connection, row, "released", writer(place), version=1)
        longer = Draft({**draft.values, "length": 20})
        row = keeper.change(connection, row, longer, writer(place), version=1)
        assert row.due_at == "2026-03-21T16:00:00.000Z"
        lapse(connection, "demo", ZONE, later(60 * 24 * 366))
        assert store.known(connection, "demo", keeper.register, row.id).state == "released"


def test_where_no_state_follows_nothing_lapses(place: Place) -> None:
    with declared(place, FINDINGS) as (connection, keeper):
        row = keeper.add(connection, Draft({"what": "a hole", "until": "2026-03-01"}), writer(place))
        assert lapse(connection, "demo", ZONE, later(60 * 24 * 366)) == []
        with pytest.raises(RefusedError, match="no state follows"):
            keeper.lapse(connection, row, writer(place))
