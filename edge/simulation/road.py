"""The road of a simulated lane: where its sensors lie, where the vehicles are, and what the sensors say of that.

Metres, counted in the way the vehicles drive: the near loop, the third sensor under the arm, the far loop, 3 m between the loops.
Vehicles move by short steps, and each sensor is on while a part of a vehicle is over it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from edge.contract.reasons import Direction

Body = Literal["car", "motorcycle", "trailer", "long_drawbar"]
"""`trailer`: a truck with one; `long_drawbar`: a loop between the two is free for a moment."""
PARTS: Final[Mapping[Body, tuple[tuple[float, float], ...]]] = {
    "car": ((0.0, 4.5),),
    "motorcycle": ((0.0, 2.0),),
    "trailer": ((0.0, 6.0), (6.8, 12.0)),
    "long_drawbar": ((0.0, 6.0), (8.4, 13.0)),
}
"""What of a vehicle a loop senses: begin and end of each part, in metres behind its nose."""
SENSORS: Final = {"near": (0.0, 2.0), "safety": (3.0, 4.0), "far": (5.0, 7.0)}
AWAY = -0.5
"""Where the nose of a vehicle is that is off the near loop, on the side from which it came."""
LINE = 1.8
"""Where the nose of a vehicle stands that waits before the arm."""
UNDER = 5.6
"""Where the nose of a vehicle is that is under the arm and on the far loop."""
BEYOND = 7.1
"""Where the tail of a vehicle is that is gone through."""
STEP = 0.25
"""How far a vehicle moves between two looks of the sensors; every part and every gap is longer."""


@dataclass(slots=True)
class Placed:
    """A vehicle on the road. `nose`: where its front end is. `gap`: metres at which it follows; `stops`: at the line, if need be."""

    body: Body
    nose: float
    gap: float = 1.5
    stops: bool = True

    @property
    def length(self) -> float:
        """Metres from its front end to its rear end."""
        return PARTS[self.body][-1][1]

    def is_over(self, sensor: str) -> bool:
        """Returns True if a part of it is over a sensor."""
        begin, end = SENSORS[sensor]
        return any(self.nose - back < end and self.nose - front > begin for front, back in PARTS[self.body])


class Road:
    """The road while vehicles go one way. `sense(name, occupied)`: what a sensor says, by its name in the lane's wiring."""

    def __init__(
        self, sense: Callable[[str, bool], None], pause: Callable[[float], None], direction: Direction, *, speed: float
    ) -> None:
        near, far = ("outer", "inner") if direction is Direction.IN else ("inner", "outer")
        self._names = {"near": near, "safety": "safety", "far": far}
        self._sense = sense
        self._pause = pause
        self._speed = speed
        self._on = dict.fromkeys(SENSORS, False)
        self._vehicles: list[Placed] = []

    def bring(self, body: Body) -> Placed:
        """A vehicle comes to the line."""
        vehicle = Placed(body, LINE)
        self._vehicles.append(vehicle)
        self._report()
        return vehicle

    def follow(self, body: Body, ahead: Placed, *, gap: float, stops: bool) -> Placed:
        """A vehicle comes close behind another one, and keeps so while that drives on."""
        vehicle = Placed(body, ahead.nose - ahead.length - gap, gap, stops)
        self._vehicles.append(vehicle)
        self._report()
        return vehicle

    def move(self, vehicle: Placed, nose: float, part: float = 1.0) -> None:
        """Moves a vehicle until its nose is there, at a part of the usual speed, and who follows it closely with it."""
        while vehicle.nose != nose:
            way = max(-STEP, min(STEP, nose - vehicle.nose))
            vehicle.nose += way
            self._draw_up()
            self._report()
            self._pause(abs(way) / (self._speed * part))

    def leave(self, vehicle: Placed) -> None:
        """A vehicle is gone."""
        self._vehicles.remove(vehicle)
        self._report()

    def _draw_up(self) -> None:
        for ahead, vehicle in zip(self._vehicles, self._vehicles[1:], strict=False):
            place = ahead.nose - ahead.length - vehicle.gap
            vehicle.nose = max(vehicle.nose, min(place, LINE) if vehicle.stops else place)

    def _report(self) -> None:
        for sensor, name in self._names.items():
            on = any(vehicle.is_over(sensor) for vehicle in self._vehicles)
            if on is not self._on[sensor]:
                self._on[sensor] = on
                self._sense(name, on)
