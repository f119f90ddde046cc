"""The demo's roster: the gates' officers are on it now, everybody has enough rest, and there is one gap, on purpose."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.roster import due, store
from hub.roster.flags import FlagKind, flags
from scripts.town import organisation, roster
from tests.hub.ledgers import settle
from tests.hub.towns import NOW


@pytest.mark.parametrize("hours", [0, 9, 20])
def test_the_demo_begins_with_its_officers_on_the_roster_and_one_gap(tmp_path: Path, hours: int) -> None:
    place = settle(tmp_path)
    now: datetime = NOW + timedelta(hours=hours)
    officers = {"east": place.users[Role.OFFICER], "west": place.users[Role.SUPERVISOR]}
    zone = place.town.settings.zone
    with place.engine.begin() as connection:
        organisation.fill(connection, "demo", list(officers), officers, by="cli", now=NOW)
        roster.fill(connection, place.town, officers, now, "cli")
        rows = store.published_between(connection, "demo", wall_text(now), wall_text(now + timedelta(days=9)))
        people = store.members(connection, "demo")
        here = {people[each.staff].user for each in rows if each.starts <= wall_text(now)} - {None}
        assert here == set(officers.values())
        days = sorted({each.day for each in rows})[1:7]
        found = flags(store.terms(connection, "demo"), people, rows, days, officers)
        gaps = {(each.kind, each.day, each.gate) for each in found}
        assert gaps == {(FlagKind.GAP, days[0], "east")}
        assert due.gaps_ahead(connection, "demo", officers, now, zone) == []
        assert due.unattended(connection, "demo", officers, now, zone) == [], "published just now: nobody is called yet"
        assert len(due.unattended(connection, "demo", officers, now + timedelta(minutes=15), zone)) == 2
    place.engine.dispose()
