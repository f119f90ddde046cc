"""The page of figures: presets, ranges that cannot be, who sees it; the ledger asked for what figures lead to."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.visits.presets import Preset
from tests.hub.busy import settle_busy
from tests.hub.consoles import Browser, console, text_of
from tests.hub.reports.test_recount import facts_of
from tests.hub.towns import Place


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = settle_busy(tmp_path_factory.mktemp("figures"))
    yield place
    place.engine.dispose()


@pytest.fixture(scope="module")
def app(busy: Place) -> Iterator[Flask]:
    with console(busy) as app:
        yield app


@pytest.mark.parametrize("preset", Preset)
def test_each_preset_has_figures(app: Flask, preset: Preset) -> None:
    answer = Browser(app, Role.VIEWER).open(f"/figures?preset={preset}")
    assert answer.status_code == 200
    arrived = int(facts_of(answer.text)["Arrived"])
    # the operation began when the town was founded, just now
    assert arrived == (0 if preset in (Preset.YESTERDAY, Preset.OPERATION) else 60)


def test_without_a_range_it_is_today(app: Flask) -> None:
    assert "2026-03-01 00:00 – 2026-03-01 13:00" in text_of(Browser(app, Role.VIEWER).open("/figures"))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("start=2016-01-01T00:00&end=2026-01-01T00:00", "At most 400 days; this is 3653."),
        ("start=2016-01-01T00:00", "At most 400 days; this is 3712."),
        ("start=2026-03-02T00:00&end=2026-03-01T00:00", "“Until” must be later than “From”."),
        ("start=0001-01-01T00:00", "Give a year from 1971 to 2199."),
        ("end=9999-12-31T00:00", "Give a year from 1971 to 2199."),
        ("start=yesterday", "Not a valid datetime value."),
    ],
)
def test_a_range_that_cannot_be_is_one_line_and_nothing_is_counted(app: Flask, asked: str, says: str) -> None:
    answer = Browser(app, Role.VIEWER).open(f"/figures?{asked}")
    assert answer.status_code == 400
    assert says in text_of(answer)
    assert "Arrived" not in text_of(answer)


@pytest.mark.parametrize("gate", ["nowhere", "<script>", "x" * 500, "%00"])
def test_a_gate_that_is_none_has_no_figures_and_breaks_nothing(app: Flask, gate: str) -> None:
    answer = Browser(app, Role.VIEWER).open(f"/figures?gate={gate}")
    assert answer.status_code == 200
    assert facts_of(answer.text)["Arrived"] == "0"
    assert "<script>" not in answer.text.split("<main", 1)[1]


def test_each_chart_has_a_table_beside_it_and_a_name(app: Flask) -> None:
    text = Browser(app, Role.VIEWER).open("/figures").text
    charts = re.findall(r'<canvas data-chart="\w+" data-table="([\w-]+)" role="img" aria-label="[^"]+">', text)
    assert len(charts) == 10
    assert all(f'id="{each}"' in text for each in charts)
    assert "<script>" not in text


@pytest.mark.parametrize(
    "asked",
    [
        "vehicle_class=none",
        "vehicle_class=of-before",
        "only=overridden_verdict",
        "waited=0-15",
        "waited=3600-",
        "verdict=stop",
        "disinfected=no",
    ],
)
def test_the_ledger_can_be_asked_for_what_figures_lead_to(app: Flask, asked: str) -> None:
    assert Browser(app, Role.VIEWER).open(f"/ledger?{asked}").status_code == 200


@pytest.mark.parametrize(
    "asked",
    ["vehicle_class=a%20b", "only=everything", "waited=1-2", "waited=x", "verdict=perhaps", "disinfected=maybe"],
)
def test_what_the_ledger_cannot_be_asked_is_said(app: Flask, asked: str) -> None:
    assert Browser(app, Role.VIEWER).open(f"/ledger?{asked}").status_code == 400
