"""Every figure equals a recount from the raw entries, by plain Python that knows nothing of `hub.reports` and of the projections.

The recount reads `entries.raw` and `entries.private` as JSON and follows each visit's records in the order in which the hub took them.
"""

import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from edge.contract.facts import (
    Corrected,
    Disinfected,
    Kind,
    Outcome,
    Overridden,
    SolutionPrepared,
    VerifiedBy,
    VisitClosed,
)
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own
from tests.hub import busy
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import check, send, settle, table
from tests.hub.towns import NOW, Place

ZONE = ZoneInfo("Asia/Shanghai")
WAITS = (0.0, 3.2, 5.0, 40.0, 60.001, 61.0, 400.0, 4000.0, 90_000.0)


@dataclass
class Visit:
    """What the raw records of a visit say."""

    gate: str
    number: str
    opened: dict[str, Any]
    arrived: str
    plate: str = ""
    sprayed: bool = False
    millilitres: int = 0
    overridden: str | None = None
    outcome: str | None = None
    through: str = ""

    @property
    def disinfected(self) -> str:
        if self.sprayed:
            return "yes"
        owes = self.opened["disinfection"] == "required" and self.opened["reason"] not in ("priority", "emergency")
        return "not_required" if not owes else "no" if self.outcome else "owed"

    @property
    def refused(self) -> bool:
        return self.outcome == "turned_back" or self.opened["verdict"] == "stop"

    @property
    def waited(self) -> float:
        return (_time(self.through) - _time(self.arrived)).total_seconds()


@dataclass
class Recount:
    """All visits, and the batches of solution, by raw entries alone."""

    visits: dict[str, Visit] = field(default_factory=dict)
    batches: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, place: Place) -> "Recount":
        found = cls()
        for row in table(place, "entries"):
            found.take(json.loads(row["raw"]), json.loads(row["private"]))
        return found

    def take(self, record: dict[str, Any], private: dict[str, list[str]]) -> None:
        kind, body, at, number = record["kind"], record["body"], record["at"]["wall"], record["visit"]
        if kind == "solution_prepared":
            self.batches.append((record["gate"], at))
        if kind == "visit_opened":
            self.visits[number] = Visit(record["gate"], number, body, at)
        if number is None or number not in self.visits:
            return
        visit = self.visits[number]
        if "plate" in private:
            visit.plate = private["plate"][1]
        if kind == "disinfected":
            visit.sprayed = True
            visit.millilitres += round(1000 * (body["litres"] or 0))
        elif kind == "overridden":
            visit.overridden = body.get("what", "verdict")
        elif kind == "visit_closed" and visit.outcome is None:
            visit.outcome, visit.through = body["outcome"], at

    def between(self, start: datetime, end: datetime, gate: str | None = None) -> list[Visit]:
        return [
            each
            for each in self.visits.values()
            if wall_text(start) <= each.arrived < wall_text(end) and gate in (None, each.gate)
        ]

    def inside_at(self, moment: datetime) -> int:
        """Vehicles whose last passage before a moment was in."""
        last: dict[str, tuple[str, str, str]] = {}
        for each in self.visits.values():
            if each.outcome == "passed" and each.through < wall_text(moment):
                name = each.plate or each.opened["pass_id"] or each.number
                mine = (each.through, each.number, each.opened["direction"])
                last[name] = max(last.get(name, ("", "", "")), mine)
        return sum(1 for _, _, way in last.values() if way == "in")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def fill(place: Place, dice: random.Random) -> None:
    """More of everything, at the edges of hours, days and months: late uploads, corrections, overrides, sprays without litres, batches."""
    made: dict[str, list[str]] = {gate: [] for gate in place.gates}
    plates = [f"鲁B7000{number}" for number in range(9)] + [""]
    times = [NOW - timedelta(minutes=dice.randrange(60 * 24 * 40)) for _ in range(150)]
    midnight = datetime(2026, 2, 28, 16, 0, tzinfo=UTC)
    for edge in (
        midnight,
        midnight - timedelta(days=1),
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 2, tzinfo=UTC),
    ):
        times += [edge - timedelta(milliseconds=1), edge, edge + timedelta(milliseconds=1)]
    for at in sorted(times):
        gate = place.gates[dice.choice(list(place.gates))]
        visit = gate.visit(
            dice.choice(plates),
            at,
            direction=dice.choice(("in", "out")),
            reason=dice.choice(("disinfection_due", "no_pass", "emergency", "revoked")),
            vehicle_class=dice.choice(("resident", "supplies", None)),
            read_by=dice.choice(("qr", "hand", "emergency")),
            outcome=None,
            disinfection=dice.choice(("required", "optional", "off")),
        )
        if dice.random() < 0.6:
            spray = Disinfected(
                batch="b-1", agent="chlorine", concentration="500 mg/L", parts=("tyres",), washed_first=False, seconds=10.0,
                litres=2.5, verified_by=VerifiedBy.SENSOR, officer=None,
            )  # fmt: skip
            gate.keep(Kind.DISINFECTED, spray, at + timedelta(seconds=2), visit=visit)
        if (outcome := dice.choice(("passed", "passed", "passed", "turned_back", "detained", None))) is not None:
            closed = VisitClosed(outcome=Outcome(outcome), officer=None)
            gate.keep(Kind.VISIT_CLOSED, closed, at + timedelta(seconds=dice.choice(WAITS)), visit=visit)
        made[gate.id].append(visit)
        if dice.random() < 0.2:
            what = dice.choice(("verdict", "disinfection"))
            gate.keep(Kind.OVERRIDDEN, Overridden(officer="u-3", reason="火警", what=what), at, visit=visit)
        if dice.random() < 0.1:
            more = Disinfected(
                batch=None, agent="chlorine", concentration=None, parts=("tyres",), washed_first=False, seconds=3.0,
                litres=dice.choice((None, 0.125, 1.2345)), verified_by=VerifiedBy.OFFICER, officer=None,
            )  # fmt: skip
            gate.keep(Kind.DISINFECTED, more, at + timedelta(minutes=2), visit=visit)
        if dice.random() < 0.1:
            batch = SolutionPrepared(
                batch="b-2",
                agent="chlorine",
                concentration="500 mg/L",
                tank="A",
                expires_at=wall_text(NOW),
                officer="u-3",
            )
            gate.keep(Kind.SOLUTION_PREPARED, batch, at)
    for gate in place.gates.values():
        while gate.sent < len(gate.sealed):
            last = min(len(gate.sealed), gate.sent + dice.randint(1, 60))
            send(place, gate, *gate.sealed[gate.sent : last], last=last)
            gate.sent = last
        for visit in dice.sample(made[gate.id], 4):
            _correct(place, visit, dice.choice(plates[:9]))


def _correct(place: Place, visit: str, plate: str) -> None:
    entry = next(row["id"] for row in table(place, "entries") if row["visit"] == visit)
    with place.engine.begin() as connection:
        append_own(
            connection,
            town=place.town.id,
            kind=Kind.CORRECTED,
            visit=visit,
            body=Corrected(user="u-3", reason="看错", entry=entry),
            private={"plate": plate},
            at=moment(NOW),
            key=place.town.key,
        )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = settle(tmp_path_factory.mktemp("recount"))
    busy.fill(place)
    fill(place, random.Random(14))
    yield place
    place.engine.dispose()


@pytest.fixture(scope="module")
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        yield app


@pytest.fixture(scope="module")
def recount(town: Place) -> Recount:
    return Recount.of(town)


def page(app: Flask, start: datetime, end: datetime, gate: str = "") -> str:
    local = [each.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M") for each in (start, end)]
    answer = Browser(app, Role.OFFICER).open(f"/figures?start={local[0]}&end={local[1]}&gate={gate}")
    assert answer.status_code == 200, answer.text
    return answer.text


def facts_of(text: str) -> dict[str, str]:
    found = re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", text)
    return {name: re.sub("<[^>]*>", "", value).replace(",", "") for name, value in found}


def table_of(text: str, id_: str) -> dict[str, list[str]]:
    """Rows of a table of the page: name -> cells."""
    match = re.search(rf'<table class="table" id="table-{id_}">.*?<tbody>(.*?)</tbody>', text, re.S)
    if match is None:
        return {}
    rows = re.findall(r"<tr><th scope=\"row\"[^>]*>(.*?)</th>(.*?)</tr>", match[1], re.S)
    bare = re.compile("<[^>]*>")
    return {
        bare.sub("", name): [
            bare.sub("", cell).replace(",", "") for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells, re.S)
        ]
        for name, cells in rows
    }


RANGES = {
    "an hour": (datetime(2026, 3, 1, 2, tzinfo=UTC), datetime(2026, 3, 1, 3, tzinfo=UTC)),
    "within an hour": (datetime(2026, 3, 1, 2, 10, tzinfo=UTC), datetime(2026, 3, 1, 2, 50, tzinfo=UTC)),
    "over the edges of hours": (datetime(2026, 2, 27, 15, 17, tzinfo=UTC), datetime(2026, 3, 1, 2, 31, tzinfo=UTC)),
    "a day of the town": (datetime(2026, 2, 28, 16, tzinfo=UTC), datetime(2026, 3, 1, 16, tzinfo=UTC)),
    "a week": (datetime(2026, 2, 22, 16, tzinfo=UTC), datetime(2026, 3, 1, 16, tzinfo=UTC)),
    "over months": (datetime(2026, 1, 20, 7, 30, tzinfo=UTC), datetime(2026, 3, 1, 16, tzinfo=UTC)),
    "a whole month between": (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)),
    "nothing": (datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)),
}


@pytest.mark.parametrize("gate", ["", "east"])
@pytest.mark.parametrize("name", RANGES)
def test_every_figure_of_any_range_equals_the_recount(app: Flask, recount: Recount, name: str, gate: str) -> None:
    start, end = RANGES[name]
    visits = recount.between(start, end, gate or None)
    passed = [each for each in visits if each.outcome == "passed"]
    text = page(app, start, end, gate)
    facts = facts_of(text)
    ways = Counter(each.opened["direction"] for each in passed)
    cured = Counter(each.disinfected for each in visits)
    assert facts["Arrived"] == str(len(visits))
    assert facts["Came in"] == str(ways["in"])
    assert facts["Went out"] == str(ways["out"])
    assert facts["Refused"] == str(sum(each.refused for each in visits))
    assert facts["By hand"] == str(sum(each.opened["read_by"] == "hand" for each in visits))
    assert facts["Let through by an officer"] == str(sum(each.overridden is not None for each in visits))
    assert facts["Disinfected"] == str(cured["yes"])
    assert facts["Disinfection owed"] == str(cured["owed"])
    assert facts["Not disinfected"] == str(cured["no"])
    assert facts["Disinfection not required"] == str(cured["not_required"])
    assert facts["Litres of solution"] == f"{sum(each.millilitres for each in visits) / 1000:.1f}"
    batches = [at for where, at in recount.batches if wall_text(start) <= at < wall_text(end) and gate in ("", where)]
    assert facts["Batches of solution"] == str(len(batches))
    for share, label in ((0.5, "Half waited"), (0.95, "95 of 100 waited")):
        waits = sorted(each.waited for each in passed)
        assert facts[label] == (_step(waits[math.ceil(share * len(waits)) - 1]) if waits else "–")
    groups = table_of(text, "waited")
    assert sum(int(cells[0]) for cells in groups.values()) == len(passed)
    assert groups["at most 15 s"] == [str(sum(each.waited <= 15 for each in passed))]
    assert groups["5 min – 10 min"] == [str(sum(300 < each.waited <= 600 for each in passed))]
    assert groups["more than 1 h"] == [str(sum(each.waited > 3600 for each in passed))]
    words = {"": "No class", "resident": "Resident", "supplies": "Supplies"}
    for table_name, of in (
        ("class", Counter(each.opened["vehicle_class"] or "" for each in visits)),
        ("reason", Counter(each.opened["reason"] for each in visits)),
        ("verdict", Counter(each.opened["verdict"] for each in visits)),
        ("read_by", Counter(each.opened["read_by"] for each in visits)),
        ("outcome", Counter(each.outcome for each in visits)),
        ("direction", Counter(each.opened["direction"] for each in visits)),
    ):
        found = table_of(text, table_name)
        assert sorted(int(cells[0]) for cells in found.values()) == sorted(of.values()), table_name
        if table_name == "class":
            for code, word in words.items():
                assert int(found.get(word, ["0"])[0]) == of[code], word
    disinfection = [int(cells[0]) for cells in table_of(text, "disinfection").values()]
    assert disinfection == [cured[code] for code in ("yes", "owed", "no", "not_required")]
    if not gate:
        _by_gate(text, visits)
        _over_time(text, recount, start, end)


def _step(seconds: float) -> str:
    """The step in which a wait is counted, as it is written."""
    for limit, words in ((5, "5 s"), (40, "40 s"), (70, "70 s"), (420, "7 min"), (5400, "90 min")):
        if seconds <= limit:
            return f"at most {words}"
    return "more than 24 h"


def _by_gate(text: str, visits: list[Visit]) -> None:
    for name, cells in table_of(text, "gate").items():
        mine = [each for each in visits if each.gate == name.lower()]
        passed = Counter(each.opened["direction"] for each in mine if each.outcome == "passed")
        assert cells[:7] == [
            str(each)
            for each in (
                len(mine), passed["in"], passed["out"], sum(each.refused for each in mine),
                sum(each.opened["read_by"] == "hand" for each in mine), sum(each.overridden is not None for each in mine),
                sum(each.disinfected == "yes" for each in mine),
            )
        ]  # fmt: skip
        assert cells[7] == f"{sum(each.millilitres for each in mine) / 1000:.1f}"


def _over_time(text: str, recount: Recount, start: datetime, end: datetime) -> None:
    rows = table_of(text, "time")
    by_hour = end - start <= timedelta(hours=73)
    of_rows: dict[str, list[Visit]] = {}
    for each in recount.between(start, end):
        at = max(_time(each.arrived), start).astimezone(ZONE)
        hour = max(at.replace(minute=0, second=0, microsecond=0), start.astimezone(ZONE))
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        if by_hour:
            name = hour.strftime("%m-%d %H:%M")
        else:
            name = day.strftime("%Y-%m-%d") if day >= start else start.astimezone(ZONE).strftime("%m-%d %H:%M")
        of_rows.setdefault(name, []).append(each)
    assert of_rows.keys() <= rows.keys()
    for name, cells in rows.items():
        mine = of_rows.get(name, [])
        passed = Counter(each.opened["direction"] for each in mine if each.outcome == "passed")
        assert [int(each) for each in cells[:4]] == [
            len(mine), passed["in"], passed["out"], sum(each.refused for each in mine),
        ], name  # fmt: skip
        if cells[4] != "–" and not by_hour and len(name) == len("2026-03-01"):
            after = datetime.strptime(name, "%Y-%m-%d").replace(tzinfo=ZONE) + timedelta(days=1)
            assert int(cells[4]) == recount.inside_at(min(after, end)), name
        if cells[4] != "–" and by_hour and start.minute == end.minute == 0:
            after = datetime.strptime(f"{start.year}-{name}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE) + timedelta(
                hours=1
            )
            assert int(cells[4]) == recount.inside_at(after), name


@pytest.mark.parametrize("name", ["over the edges of hours", "over months"])
def test_each_number_leads_to_exactly_the_visits_that_it_counts(app: Flask, name: str) -> None:
    officer = Browser(app, Role.OFFICER)
    text = page(app, *RANGES[name])
    links = re.findall(r'<(?:td[^>]*|dd)><a href="(/ledger[^"]*)">([\d,]+)</a>', text)
    assert len(links) > 40
    for address, number in dict(links).items():
        seen, address = 0, address.replace("&amp;", "&")
        while address:
            answer = officer.open(address)
            assert answer.status_code == 200, address
            seen += len(re.findall(r'<td class="cell-plate">', answer.text))
            older = re.search(r'<a [^>]*href="(/ledger[^"]*older=[^"]*)"', answer.text)
            address = older[1].replace("&amp;", "&") if older else ""
        assert seen == int(number.replace(",", "")), (address, number)


def test_the_recount_and_the_ledger_agree_that_all_of_it_holds(town: Place) -> None:
    check(town)
