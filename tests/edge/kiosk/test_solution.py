"""A solution is noted only if its batch can be told apart later: agent, tank, lot, and how much; what was typed stays."""

import re
from collections.abc import Mapping

import pytest

from edge.contract.facts import Kind, SolutionPrepared
from edge.kiosk.solution import litres
from edge.simulation.scenario import Solution
from tests.edge.gates import TestTown
from tests.edge.kiosk.test_app import Screen, TownDesk
from tests.edge.lane.test_alarms import OWN

GOOD = {"agent": "chlorine", "lot": "L-22", "water_litres": "20"}


@pytest.fixture
def screen() -> Screen:
    screen = Screen(TownDesk(TestTown()))
    screen.get("/?lang=en")
    return screen


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("form", "line", "field"),
    [
        ({"agent": "chlorine"}, "Type the lot on the product&#39;s label.", "lot"),
        ({**GOOD, "lot": "   "}, "Type the lot on the product&#39;s label.", "lot"),
        (without("agent"), "Choose the agent.", None),
        ({**GOOD, "agent": "water"}, "Choose the agent.", None),
        (without("water_litres"), "Type how much water was added, or what stands in the tank.", "water_litres"),
        ({**GOOD, "water_litres": "a lot"}, "Litres: expected a number", "water_litres"),
        ({**GOOD, "litres": "-1"}, "Litres: expected a number", "litres"),
    ],
    ids=["empty", "blanks", "no agent", "unknown agent", "no litres", "no number", "less than none"],
)
def test_a_batch_that_nobody_could_tell_apart_is_refused_in_one_line_at_its_field(
    screen: Screen, form: Mapping[str, str], line: str, field: str | None
) -> None:
    """web.md: an empty form was accepted."""
    status, page = screen.post("/solution", **form)
    assert (status, page.count('role="alert"'), line in page) == (400, 1, True)
    marked = re.findall(r'<input name="(\w+)"[^>]* aria-invalid="true" aria-describedby="fault"', page)
    assert marked == ([field] if field else [])
    for value in form.values():
        if value.strip() and value not in {"chlorine", "water"}:
            assert f'value="{value}"' in page, "what was typed stays"
    assert screen.desk.made.journal.entries == []


def test_water_or_what_stands_in_the_tank_is_enough(screen: Screen) -> None:
    assert screen.post("/solution", **GOOD)[0] == 200
    assert screen.post("/solution", agent="chlorine", lot="L-23", litres="7,5")[0] == 200
    kept = [
        body for body in screen.desk.made.journal.bodies(Kind.SOLUTION_PREPARED) if isinstance(body, SolutionPrepared)
    ]
    assert [(each.lot, each.water_litres, each.litres, each.concentration) for each in kept] == [
        ("L-22", 20.0, None, "500 mg/L"), ("L-23", None, 7.5, "500 mg/L"),
    ]  # fmt: skip


def test_the_demos_officer_types_enough(screen: Screen) -> None:
    assert screen.post("/solution", **Solution(agent="chlorine", tank="A").model_dump())[0] == 200


def test_where_there_are_two_tanks_the_one_that_was_filled_is_chosen() -> None:
    screen = Screen(TownDesk(TestTown(toml=OWN)))
    status, page = screen.post("/solution", **GOOD)
    assert (status, "请选择加注的药液箱。" in page) == (400, True)


@pytest.mark.parametrize(("text", "number"), [("", None), ("20", 20.0), ("7,5", 7.5)])
def test_litres_are_read_as_people_write_them(text: str, number: float | None) -> None:
    assert litres(text) == number
