"""The plan of the simulated world, and the log of what really happened in it: `scenario.json`, and a file beside the journal.

The truth is the scenario's own word, written before and after each vehicle and never taken from the gate: what the ledger
is compared with.

Tested in `tests/edge/simulation/test_world.py`.
"""

import json
import os
import re
from collections.abc import Container, Iterator, Mapping
from itertools import count, takewhile
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.contract.facts import Outcome, ReadBy
from edge.contract.reasons import Direction, Reason, Verdict
from edge.contract.records import one_line
from edge.simulation.clips import Appearance
from edge.simulation.drawing import Medium
from edge.simulation.manoeuvres import UNJUDGED, Manoeuvre
from edge.simulation.road import Body

Result = Literal["passed", "turned_back", "stuck", "backed_off", "tailgated", "forced"]
"""What a vehicle really did; `stuck`: nobody handled it, and it went back in the end."""
When = Literal["any", "fresh", "cut_off", "stale"]
"""When a vehicle may come: `fresh`: while the gate's lists are not old; `cut_off`, `stale`: once, as soon as the gate's link is cut,
or its lists have grown old meanwhile."""
TRUTH = "truth.jsonl"


class Section(BaseModel):
    """A part of the scenario: frozen, and a misspelled key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Expect(Section):
    """The result that the ledger must show for a vehicle."""

    verdict: Verdict
    reason: Reason
    read_by: ReadBy
    outcome: Outcome
    plate: str


class Vehicle(Section):
    """One vehicle: what it shows, which way it drives, what the officer does, what must come of it.

    `gap`: seconds of empty lane before it. `fields`: what the officer asks of one that is registered by hand. `follows`: what
    must come of it is true only moments after the one before it, so it comes right behind that one or not at all. `close`: it
    comes up so close behind that one that the near loop is never free between the two. `alarm`: the code of the alarm of a
    passage that must come of it. `expect` None: it is never judged.
    """

    id: str
    plate: str
    vehicle_class: str
    direction: Direction
    shows: str | None = None
    medium: Medium = "none"
    night: bool = False
    gap: Annotated[float, Field(ge=0)] = 0.8
    officer: Literal["none", "register", "turn_back", "admit", "mismatch", "emergency"] = "none"
    fields: Mapping[str, str] = Field(default_factory=dict)
    when: When = "any"
    follows: bool = False
    close: bool = False
    body: Body = "car"
    manoeuvre: Manoeuvre = "through"
    alarm: str | None = None
    expect: Expect | None = None

    @property
    def once(self) -> bool:
        """Returns True if it waits for an occasion, and comes once."""
        return self.when in ("cut_off", "stale")

    @model_validator(mode="after")
    def _holds_it_somehow(self) -> Self:
        if (self.shows is None) is not (self.medium == "none"):
            raise ValueError(f"vehicle {self.id}: shows and medium must be given together")
        if (self.expect is None) is not (self.manoeuvre in UNJUDGED):
            raise ValueError(f"vehicle {self.id}: expect must be given unless nobody judges it")
        if (self.close and not self.follows) or (self.manoeuvre == "tailgate" and not self.close):
            raise ValueError(f"vehicle {self.id}: one that is close behind another, or tailgates, follows it")
        return self


class Solution(Section):
    """The solution in the tank, as the officer types it; an empty concentration is the policy's for the agent."""

    agent: str
    tank: str
    concentration: str = ""
    lot: str = "KK-0301"
    water_litres: str = "50"


class Scenario(Section):
    """A gate's whole demo. `speed` divides the gaps, never the frames; `clips`: the cache folder; `blank`: black frames.

    `stale_seconds`: how old the operation lets lists grow. `returning`: who comes in the second round, `again` in the third, and so on; empty: the
    `vehicles` as they are.
    """

    seed: Annotated[int, Field(ge=0)] = 7
    speed: Annotated[float, Field(gt=0, le=100)] = 1.0
    repeat: bool = True
    clips: Path
    vehicles: Annotated[tuple[Vehicle, ...], Field(min_length=1)]
    returning: tuple[Vehicle, ...] = ()
    again: tuple[Vehicle, ...] = ()
    officer_id: str
    solution: Solution
    blank: bool = False
    stale_seconds: Annotated[float, Field(gt=0)] = 86400.0

    @classmethod
    def load(cls, path: Path) -> Self:
        """The scenario in a file; `ValueError` in one line."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror}") from None
        except ValidationError as error:
            raise ValueError(f"{path}: {one_line(error)}") from None

    def appearance(self, vehicle: Vehicle) -> Appearance:
        """How a vehicle looks at this gate."""
        # the plate decides the paint, so that the same vehicle looks the same on its way out
        seed = self.seed * 1_000_003 + int.from_bytes(vehicle.plate.encode()[-4:], "big")
        return Appearance(
            scene=self.seed,
            seed=seed,
            night=vehicle.night,
            vehicle_class=vehicle.vehicle_class,
            plate=vehicle.plate,
            text=vehicle.shows,
            medium=vehicle.medium,
        )

    def empty(self, night: bool) -> Appearance:
        """The lane without a vehicle."""
        return Appearance(scene=self.seed, seed=self.seed, night=night)

    def appearances(self) -> tuple[Appearance, ...]:
        """Every clip that this scenario plays, for `clips.render_all`."""
        return (self.empty(False), self.empty(True), *(self.appearance(each) for each in self.vehicles))

    def vehicle(self, id_: str) -> Vehicle | None:
        """The vehicle of an arrival; None if it is of another scenario."""
        return next((each for each in self.vehicles if re.fullmatch(rf"{re.escape(each.id)}(-r\d+)?", id_)), None)

    def occasions(self) -> tuple[tuple[str, Vehicle], ...]:
        """The vehicles that wait for an occasion, with the id of their coming."""
        return tuple((each.id, each) for each in self.vehicles if each.once)

    def rounds(self) -> Iterator[tuple[tuple[str, Vehicle], ...]]:
        """The others, round by round, with the id of their coming: from the second on `-r2`, `-r3` … if they come again."""
        first, back, again = (
            [each for each in vehicles if not each.once]
            for vehicles in (self.vehicles, self.returning or self.vehicles, self.again or self.vehicles)
        )
        for turn in count(1) if self.repeat and first else (1,):
            coming = first if turn == 1 else again if turn % 2 else back
            yield tuple(((each.id if turn == 1 else f"{each.id}-r{turn}"), each) for each in coming)


class Truth:
    """The file of what really happened: a JSON line for each arrival and each end, on disk before the world goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._attempts: dict[str, int] = {}
        self._finished: set[str] = set()
        if path.exists():
            self._recall()

    @property
    def interrupted(self) -> tuple[str, ...]:
        """Vehicles that came and whose end nobody saw: the gate was killed meanwhile."""
        return tuple(id_ for id_ in self._attempts if id_ not in self._finished)

    @property
    def known(self) -> tuple[str, ...]:
        """Every vehicle that has come."""
        return tuple(self._attempts)

    def arrived(self, id_: str, vehicle: Vehicle, at: str) -> None:
        """A vehicle is about to come, for the first time or again."""
        attempt = self._attempts[id_] = self._attempts.get(id_, 0) + 1
        expect = vehicle.expect.model_dump(mode="json") if vehicle.expect else {}
        came = vehicle.model_dump(mode="json", include={"body", "close", "manoeuvre", "alarm"})
        self._write({"event": "arrived", "id": id_, "attempt": attempt, **expect, **came, "at": at})

    def done(self, id_: str, result: Result) -> None:
        """The vehicle is gone. `result`: what it really did."""
        self._finished.add(id_)
        self._write({"event": "done", "id": id_, "result": result})

    def _write(self, event: Mapping[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _recall(self) -> None:
        data = self._path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            # killed while it wrote its last line
            os.truncate(self._path, len(whole))
        for line in whole.decode().splitlines():
            event = json.loads(line)
            if event["event"] == "arrived":
                self._attempts[event["id"]] = event["attempt"]
            else:
                self._finished.add(event["id"])


class Line:
    """The queue of vehicles. Next comes the one that belongs behind the last, else one that waited for this occasion, else the first that may come.

    Vehicles of which the truth tells already do not come again, but for those whose end nobody saw; nor does who follows them.
    """

    def __init__(self, scenario: Scenario, truth: Truth) -> None:
        self._met = {each for each in truth.known if each not in truth.interrupted}
        self._occasions = self._due(scenario.occasions())
        self._rounds = scenario.rounds()
        self._line: list[tuple[str, Vehicle]] = []

    def choose(self, may_come: Container[When]) -> tuple[str, Vehicle] | None:
        """The next one, who stays in the line until it is `took`; None while nobody may come, or when all have come."""
        self._fill()
        first, rest = self._line[:1], self._line[1:]
        behind = [each for each in first if each[1].follows]
        free = [each for each in first if not each[1].follows] + [each for each in rest if not each[1].follows]
        waiting = behind or [*self._occasions, *free]
        return next((each for each in waiting if each[1].when in may_come), None)

    def close_behind(self, id_: str) -> tuple[tuple[str, Vehicle], ...]:
        """Those that come up close behind one that is in the line, one behind the other."""
        place = next((place for place, each in enumerate(self._line) if each[0] == id_), len(self._line))
        return tuple(takewhile(lambda each: each[1].close, self._line[place + 1 :]))

    @property
    def unfinished(self) -> bool:
        """Returns True if somebody follows who came last."""
        return bool(self._line) and self._line[0][1].follows

    def took(self, id_: str) -> None:
        """The vehicle came. Who follows it is now the first."""
        self._occasions = [each for each in self._occasions if each[0] != id_]
        place = next((place for place, each in enumerate(self._line) if each[0] == id_), None)
        if place is None:
            return
        end = place + 1
        while end < len(self._line) and self._line[end][1].follows:
            end += 1
        self._line = self._line[place + 1 : end] + self._line[:place] + self._line[end:]

    def _fill(self) -> None:
        while not self._line:
            following = next(self._rounds, None)
            if following is None:
                return
            self._line = self._due(following)

    def _due(self, vehicles: tuple[tuple[str, Vehicle], ...]) -> list[tuple[str, Vehicle]]:
        due: list[tuple[str, Vehicle]] = []
        came = False
        for id_, vehicle in vehicles:
            # where the one before it came in an earlier life of the gate, it does not come at all
            came = id_ not in self._met and (came or not vehicle.follows)
            due += [(id_, vehicle)] if came else []
        return due
