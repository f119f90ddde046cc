"""Marks of a village's plan: shapes read from text, kinds with what they have, the colours of those responsible."""

import pytest

from hub.errors import RefusedError
from hub.map.plan import Plan, PlanKind
from hub.villages.marks import COLOURS, Mark, MarkKind, Said, colour_for, read_shape, responsible, write_shape

PICTURE = Plan(PlanKind.PNG, b"", 400, 300)
GROUND = Plan(PlanKind.GEOJSON, b"{}")
SQUARE = ((100.0, 100.0), (300.0, 100.0), (300.0, 250.0), (100.0, 250.0))


def area(id_: int, officer: str, colour: int) -> Mark:
    return Mark(id_, Said(MarkKind.AREA, f"{id_}", SQUARE, officer=officer), colour)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("120 340", ((120.0, 340.0),)),
        ("120,340; 200.5 340;200，500 ", ((120.0, 340.0), (200.5, 340.0), (200.0, 500.0))),
        ("120.15 36.85\n120.16 -36.85", ((120.15, 36.85), (120.16, -36.85))),
        ("  ", ()),
    ],
)
def test_a_shape_is_read_as_people_write_it(text: str, shape: tuple[tuple[float, float], ...]) -> None:
    assert read_shape(text) == shape
    assert read_shape(write_shape(shape)) == shape


@pytest.mark.parametrize("text", ["120", "a b", "1 2 3", "1e9 2", "nan 2", "12345 2", "1 2; x"])
def test_what_is_no_place_is_named(text: str) -> None:
    with pytest.raises(RefusedError, match="expected two numbers"):
        read_shape(text)


def test_a_shape_without_end_is_refused() -> None:
    with pytest.raises(RefusedError, match="at most 200 corners"):
        read_shape("1 2;" * 201)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said(MarkKind.ENTRANCE, "", ((1, 2),)), "mark: expected a name"),
        (Said(MarkKind.ENTRANCE, "村口", ((1, 2), (3, 4))), "place: expected one place, found 2"),
        (Said(MarkKind.ENTRANCE, "村口", ((1, 1001),)), "place: expected 0 to 1000, and 0 to 1000"),
        (Said(MarkKind.ENTRANCE, "村口\u202e", ((1, 1),)), "name: expected at most 60 visible characters"),
        (Said(MarkKind.AREA, "一区", ((1, 2), (3, 4))), "area: expected at least 3 corners, found 2"),
        (Said(MarkKind.AREA, "一区", ((1, 1), (2, 2), (3, 3))), "area: its corners stand in one line"),
        (Said(MarkKind.HOUSEHOLD, "王伟", ((1, 2),)), "need '': expected one of elderly"),
    ],
)
def test_a_mark_that_cannot_be_is_refused(said: Said, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        said.checked(PICTURE)


def test_degrees_are_measured_as_degrees() -> None:
    assert Said(MarkKind.SCHOOL, "小学", ((120.1, 36.8),)).checked(GROUND).name == "小学"
    with pytest.raises(RefusedError, match="-90 to 90"):
        Said(MarkKind.SCHOOL, "小学", ((120.1, 136.8),)).checked(GROUND)


def test_a_kind_keeps_what_it_has_alone() -> None:
    said = Said(MarkKind.ENTRANCE, "村口", ((1, 2),), gate="east", grid="g", need="minor").checked(PICTURE)
    assert (said.gate, said.grid, said.need) == ("", "", "")


def test_one_person_has_one_colour() -> None:
    marks = [area(1, "王伟", 1), area(2, "李芳", 2)]
    assert colour_for("王伟", marks) == 1
    assert colour_for("赵敏", marks) == 3
    assert colour_for("", [area(n, str(n), n) for n in range(1, COLOURS + 1)]) == 1
    legend = responsible([*marks, area(3, "王伟", 1)])
    assert [(each.colour, each.officer, each.areas) for each in legend] == [
        (1, "王伟", ("1", "3")),
        (2, "李芳", ("2",)),
    ]
