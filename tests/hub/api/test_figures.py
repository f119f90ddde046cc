"""Figures by hour and gate equal a count of the rows that shares no code with them."""

from collections import Counter
from datetime import timedelta

from hub.reports import store
from hub.reports.figures import figures
from hub.reports.ranges import Range
from tests.hub.api.programs import Program, token
from tests.hub.consoles import console
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

AS_ON_THE_PAGE = {
    "visits": "arrived", "entered": "passed_in", "left": "passed_out", "refused": "refused", "by_hand": "by_hand",
    "overridden": "overridden", "disinfected": "disinfected",
}  # fmt: skip


def test_figures_equal_a_count_of_the_rows(town: Place, county: Program) -> None:
    expected: Counter[tuple[str, str, str]] = Counter()
    for row in table(town, "visits"):
        place = (row["opened_at"][:13] + ":00:00.000Z", row["gate"])
        passed = row["outcome"] == "passed"
        for name, holds in (
            ("visits", True),
            ("entered", passed and row["direction"] == "in"),
            ("left", passed and row["direction"] == "out"),
            ("refused", row["outcome"] == "turned_back" or row["verdict"] == "stop"),
            ("by_hand", row["read_by"] == "hand"),
            ("overridden", row["override_by"] is not None),
            ("disinfected", row["disinfected"] == "yes"),
        ):
            expected[(*place, name)] += holds
    found = {
        (item["hour"], item["gate"], name): count
        for item in county.get("figures").json["items"]
        for name, count in item.items()
        if isinstance(count, int)
    }
    assert found == expected
    assert sum(found.values()) > 60


def test_a_day_without_a_vehicle_has_no_rows_and_says_its_range(town: Place) -> None:
    with console(town, clock=lambda: NOW + timedelta(days=9)) as app:
        said = Program(app, token(town)).get("figures").json
    assert (said["items"], said["from"], said["to"]) == ([], "2026-03-09T05:00:00.000Z", "2026-03-10T05:00:00.000Z")


def test_one_gate_and_a_half_hour_can_be_asked_for(town: Place, county: Program) -> None:
    said = county.get("figures?gate=east&from=2026-03-01T03:00:00Z&to=2026-03-01T03:30:00Z").json
    rows = [
        row
        for row in table(town, "visits")
        if row["gate"] == "east" and "2026-03-01T03:00" <= row["opened_at"] < "2026-03-01T03:30"
    ]
    assert [item["visits"] for item in said["items"]] == ([len(rows)] if rows else [])


def test_the_figures_of_the_api_are_those_of_the_page(town: Place, county: Program) -> None:
    day = Range.of(NOW - timedelta(hours=23), NOW + timedelta(hours=1))
    said = county.get(f"figures?from={day.start:%Y-%m-%dT%H:%M:%S}Z&to={day.end:%Y-%m-%dT%H:%M:%S}Z&limit=500").json
    sums = Counter({name: sum(item[name] for item in said["items"]) for name in AS_ON_THE_PAGE})
    with town.engine.connect() as connection:
        page = figures(store.totals(connection, "demo", day))
    assert sums == {name: getattr(page, theirs) for name, theirs in AS_ON_THE_PAGE.items()}
    assert sums["visits"] > 20
