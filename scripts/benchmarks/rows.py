"""One figure beside its floor, what a benchmark is given, and the arithmetic that all of them share."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class CannotRunError(RuntimeError):
    """A benchmark lacks something on this machine; the text is the one line that its row shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure and the floor measured in the same run. `value` None: it could not be measured, and `note` says why."""

    name: str
    value: float | None
    unit: str = ""
    floor: float | None = None
    floor_name: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the floor the figure is."""
        return None if self.value is None or not self.floor else self.value / self.floor

    def as_json(self) -> dict[str, Any]:
        """The row as the JSON file holds it."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "floor": self.floor,
            "floor_name": self.floor_name,
            "ratio": self.ratio,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What a benchmark is given: how much, from which seed, an empty folder of its own on a real disk, and who listens."""

    quick: bool
    seed: int
    folder: Path
    photos: Path | None
    say: Callable[[str], None]

    def size(self, full: int, quick: int) -> int:
        """How many of something, by the length of the run."""
        return quick if self.quick else full


Benchmark = Callable[[Plan], Iterator[Row]]


def guarded(name: str, benchmark: Benchmark, plan: Plan) -> Iterator[Row]:
    """A benchmark's rows; one that breaks leaves what it had, and a row that says in one line why there is no more."""
    try:
        yield from benchmark(plan)
    except CannotRunError as error:
        yield Row(name, None, note=f"not run: {error}")
    except Exception as error:  # whatever broke, the rows of the others are still wanted
        yield Row(name, None, note=f"failed: {type(error).__name__}: {' '.join(str(error).split())[:300]}")


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value that `share` (0 to 1) of all values do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return percentile(values, 0.5)


def seconds_of(call: Callable[[], T]) -> tuple[float, T]:
    """How long a call takes, and what it returned."""
    began = time.perf_counter()
    result = call()
    return time.perf_counter() - began, result


def wait_until(holds: Callable[[], bool], seconds: float, what: str, pause: float = 0.0005) -> None:
    """Polls until something holds; `CannotRunError` naming it if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise CannotRunError(f"{what}: not within {seconds:g} s")
        time.sleep(pause)
