"""What stands on a village's plan, as values: its kinds, its place or outline, the colours of those responsible. Pure.

A shape is written as people read it off the page: `120 340` is a place, `120 340; 200 340; 200 500` an area with three corners; on a
picture in thousandths from its upper left corner, on GeoJSON in degrees. Tested in `tests/hub/villages/test_marks.py`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from edge.contract.values import LONGEST_LINE
from hub.errors import RefusedError
from hub.map.plan import Plan, limits

Corner = tuple[float, float]
MOST_CORNERS = 200
MOST_MARKS = 500
"""Of one plan."""
LONGEST_NAME = 60
COLOURS = 10
"""Colours of areas; an eleventh person gets the first one again, with the name beside it as everywhere."""
_NUMBER = re.compile(r"-?\d{1,4}(\.\d{1,8})?")


class MarkKind(StrEnum):
    """What a mark stands for."""

    ENTRANCE = "entrance"
    CHECKPOINT = "checkpoint"
    TESTING = "testing"
    AREA = "area"
    HOUSEHOLD = "household"
    JUNCTION = "junction"
    SCHOOL = "school"
    BUS_STOP = "bus_stop"


class Need(StrEnum):
    """Why a household needs more than others (突发事件应对法 art. 67)."""

    ELDERLY = "elderly"
    PREGNANCY = "pregnancy"
    ILLNESS = "illness"
    DIALYSIS = "dialysis"
    DISABILITY = "disability"
    MINOR = "minor"
    ISOLATED = "isolated"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Said:
    """What a form says of a mark. `officer`: who is responsible; `grid`: the unit that an area is; `need`: of a household."""

    kind: MarkKind
    name: str
    shape: tuple[Corner, ...]
    gate: str = ""
    grid: str = ""
    officer: str = ""
    phone: str = ""
    need: str = ""
    remark: str = ""

    def checked(self, on: Plan) -> "Said":
        """The same without what its kind has not; `RefusedError` for a text that is none, or a shape that is not on the plan."""
        said = replace(
            self,
            name=self.name.strip(), officer=self.officer.strip(), phone=self.phone.strip(), remark=self.remark.strip(),
            gate=self.gate if self.kind is MarkKind.CHECKPOINT else "", grid=self.grid if self.kind is MarkKind.AREA else "",
            need=self.need if self.kind is MarkKind.HOUSEHOLD else "",
        )  # fmt: skip
        for name, text, most in (
            ("name", said.name, LONGEST_NAME),
            ("responsible", said.officer, LONGEST_NAME),
            ("phone", said.phone, 32),
            ("remark", said.remark, LONGEST_LINE),
        ):
            if len(text) > most or (text and not text.isprintable()):
                raise RefusedError("%(name)s: expected at most %(most)s visible characters", name=name, most=most)
        if not said.name and not said.officer:
            raise RefusedError("mark: expected a name, found nothing")
        if said.kind is MarkKind.HOUSEHOLD and said.need not in set(Need):
            raise RefusedError("need %(need)r: expected one of %(needs)s", need=said.need, needs=tuple(Need))
        check_shape(said.kind, said.shape, on)
        return said


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of a plan. `colour`: of an area its officer's, from 1, else 0; `row`: of a household, its row in the registers."""

    id: int
    said: Said
    colour: int = 0
    row: int | None = None
    version: int = 1
    changed_at: str = ""
    changed_by: str = ""

    @property
    def centre(self) -> Corner:
        """The middle of its corners, where its name stands."""
        shape = self.said.shape
        return sum(x for x, _ in shape) / len(shape), sum(y for _, y in shape) / len(shape)


@dataclass(frozen=True, slots=True)
class Responsible:
    """Somebody who is responsible for areas of a plan: the colour, and the names of the areas."""

    colour: int
    officer: str
    phone: str
    areas: tuple[str, ...]


def read_shape(text: str) -> tuple[Corner, ...]:
    """A shape from its text; `RefusedError` names the place that is none."""
    corners: list[Corner] = []
    for part in re.split(r"[;；\n]", text):
        numbers = re.split(r"[\s,，]+", part.strip())
        if numbers == [""]:
            continue
        if len(numbers) != 2 or not all(_NUMBER.fullmatch(each) for each in numbers):
            raise RefusedError("place %(text)r: expected two numbers, as 120 340", text=part.strip()[:40])
        corners.append((float(numbers[0]), float(numbers[1])))
        if len(corners) > MOST_CORNERS:
            raise RefusedError("place: expected at most %(most)s corners", most=MOST_CORNERS)
    return tuple(corners)


def write_shape(shape: Iterable[Corner]) -> str:
    """A shape as its text."""
    return "; ".join(f"{x:.8g} {y:.8g}" for x, y in shape)


def check_shape(kind: MarkKind, shape: Sequence[Corner], on: Plan) -> None:
    """`RefusedError` for a shape that its kind can't have, or that is not on the plan."""
    if kind is MarkKind.AREA:
        if len(shape) < 3:
            raise RefusedError("area: expected at least 3 corners, found %(count)s", count=len(shape))
        if abs(_twice_its_size(shape)) < 1e-12:
            raise RefusedError("area: its corners stand in one line")
    elif len(shape) != 1:
        raise RefusedError("place: expected one place, found %(count)s", count=len(shape))
    (least_x, most_x), (least_y, most_y) = limits(on)
    for x, y in shape:
        if not (least_x <= x <= most_x and least_y <= y <= most_y):
            raise RefusedError(
                "place: expected %(least_x)s to %(most_x)s, and %(least_y)s to %(most_y)s",
                least_x=f"{least_x:g}", most_x=f"{most_x:g}", least_y=f"{least_y:g}", most_y=f"{most_y:g}",
            )  # fmt: skip


def colour_for(officer: str, others: Iterable[Mark]) -> int:
    """The colour of an area: the one that its officer has on this plan already, else the one that is used least."""
    used = dict.fromkeys(range(1, COLOURS + 1), 0)
    for each in others:
        if each.colour and officer and each.said.officer == officer:
            return each.colour
        if each.colour in used:
            used[each.colour] += 1
    return min(used, key=lambda colour: (used[colour], colour))


def responsible(marks: Iterable[Mark]) -> list[Responsible]:
    """Who is responsible for the areas of a plan, by colour: the legend."""
    found: dict[tuple[int, str], Responsible] = {}
    for mark in marks:
        said = mark.said
        if said.kind is not MarkKind.AREA:
            continue
        key = mark.colour, said.officer
        before = found.get(key, Responsible(mark.colour, said.officer, said.phone, ()))
        areas = (*before.areas, said.name) if said.name else before.areas
        found[key] = replace(before, phone=before.phone or said.phone, areas=areas)
    return [found[key] for key in sorted(found)]


def _twice_its_size(shape: Sequence[Corner]) -> float:
    beside = zip(shape, (*shape[1:], shape[0]), strict=True)
    return sum(x * y2 - x2 * y for (x, y), (x2, y2) in beside)
