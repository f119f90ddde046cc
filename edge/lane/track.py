"""Which vehicles are at a lane and how far each has come, from the edges of its sensors alone. Pure; no clock, no hardware.

Two loops lie in the lane, one on each side of the arm; a third sensor under the arm may be fitted. `edge` turns a change of one
of them into vehicle events. A vehicle keeps its number for as long as it is near. What two loops cannot tell is said as such:

- the far loop goes off while the near one is on: one is gone and one follows, or the first rolled back;
- at a lying arm of a two-way lane a second loop goes on: an opposite vehicle came, until the near loop goes off: then unclear;
- under a raised arm a second loop goes on: it is taken for the nose of the one on the near loop; an opposite one may have come;
- a vehicle shorter than the loops are apart is on neither for a while: it is waited for, and given up after a time.

The third sensor answers nearly all of it, for a vehicle is through when that sensor goes off while the far loop is on.
A vehicle shorter than the way from a loop to that sensor is on none there, and is waited for as well.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from edge.lane.events import Loop
from edge.lane.vehicle import Moved, Place, Vehicle, VehicleMoved


@dataclass(frozen=True, slots=True)
class Track:
    """The vehicles near one arm, the first that came first. `on`: the sensors that are occupied; `count`: numbers given.

    `guarded`: with a third sensor. `two_way`: vehicles come from both sides, else `only` from one. `short`: some fit between two.
    """

    guarded: bool = False
    two_way: bool = True
    only: Loop | None = None
    short: bool = True
    on: frozenset[Loop] = frozenset()
    vehicles: tuple[Vehicle, ...] = ()
    count: int = 0

    def find(self, number: int | None) -> Vehicle | None:
        """The vehicle of that number, while it is near."""
        return next((each for each in self.vehicles if each.number == number), None)

    @property
    def busy(self) -> bool:
        """Returns True if somebody is, or may be, where the arm comes down."""
        if self.guarded:
            under = Loop.SAFETY in self.on or {Loop.OUTER, Loop.INNER} <= self.on
            return under or bool(self.lingering)
        return bool(self.on) or bool(self.lingering)

    @property
    def lingering(self) -> frozenset[int]:
        """Who may be between two sensors, by number."""
        return frozenset(each.number for each in self.vehicles if each.lingers)

    @property
    def arriving(self) -> frozenset[int]:
        """Who is on its first loop and does not stand there yet, by number."""
        near = (each for each in self.vehicles if each.place is Place.NEAR and each.side in self.on)
        return frozenset(each.number for each in near if not each.standing)

    def facing(self, vehicle: Vehicle) -> "Track":
        """The track in which it is another vehicle that stands on this one's far loop: one that came from there."""
        other = Vehicle(self.count + 1, vehicle.far, standing=True, mixed=True)
        rest = self.without(vehicle.number)
        return replace(rest, vehicles=(*rest.vehicles, other), count=other.number)

    def met(self, vehicle: Vehicle) -> bool:
        """Returns True if this one went over a third sensor onto its far loop, and somebody else is known to stand there now."""
        there = (each for each in self.vehicles if each.side is vehicle.far and each.place is Place.NEAR)
        return self.guarded and vehicle.place is Place.BEYOND and any(each.standing for each in there)

    def certain(self, number: int | None) -> "Track":
        """The track once that vehicle was judged: it is the one that stands there."""
        changed = (replace(each, mixed=False) if each.number == number else each for each in self.vehicles)
        return replace(self, vehicles=tuple(changed))

    def without(self, number: int | None) -> "Track":
        """The track once it is known from elsewhere where that vehicle is."""
        return replace(self, vehicles=tuple(each for each in self.vehicles if each.number != number))


Tracked = tuple[Track, tuple[VehicleMoved, ...]]


def edge(track: Track, loop: Loop, occupied: bool, *, lying: bool, let: int | None = None) -> Tracked:
    """What a sensor's change says. `lying`: the arm is down; `let`: the vehicle that was let through, if it is here still."""
    if (loop in track.on) is occupied:
        return track, ()
    work = _Work(replace(track, on=track.on | {loop} if occupied else track.on - {loop}), lying, let)
    if loop is Loop.SAFETY:
        (_under_on if occupied else _under_off)(work)
    elif occupied:
        _loop_on(work, loop)
    else:
        _loop_off(work, loop)
    for vehicle in work.track.vehicles:
        if occupied and vehicle.place is Place.LEFT and not vehicle.short:
            work.gone(vehicle, _end(vehicle))  # somebody else comes before its time was over
    for side in (Loop.OUTER, Loop.INNER):
        if work.is_on(side) and not any(_explains(vehicle, side) for vehicle in work.track.vehicles):
            work.comes(side, Moved.OPPOSITE if work.track.vehicles else Moved.ARRIVED)
    return work.track, tuple(work.events)


def stood(track: Track) -> Tracked:
    """The time is over after which a vehicle on its first loop stands there."""
    work = _Work(track)
    for each in track.vehicles:
        if each.number in track.arriving:
            work.move(each, Moved.STOOD, standing=True)
    return work.track, tuple(work.events)


def cleared(track: Track) -> Tracked:
    """Every sensor stayed free for its time: whoever was here is gone."""
    return _ended(track, frozenset() if track.on else frozenset(each.number for each in track.vehicles))


def passed_by(track: Track) -> Tracked:
    """The time is over for which a short vehicle may be between two sensors: one that is on none is given up, as if it were gone."""
    return _ended(track, track.lingering)


def _ended(track: Track, numbers: frozenset[int]) -> Tracked:
    work = _Work(track)
    for each in track.vehicles:
        if each.number in numbers:
            work.gone(each, _end(each))
    return work.track, tuple(work.events)


def _end(vehicle: Vehicle) -> Moved:
    """What became of a vehicle of which no sensor says anything any more."""
    if vehicle.mixed:
        return Moved.UNCLEAR
    ends = {Place.NEAR: Moved.BACKED_OFF, Place.BETWEEN: Moved.BACKED_OFF, Place.LEFT: Moved.THROUGH}
    return ends.get(vehicle.place, Moved.UNCLEAR)


def _explains(vehicle: Vehicle, loop: Loop) -> bool:
    """Returns True if this vehicle may be what is on the loop."""
    if vehicle.side is loop:
        return vehicle.place in {Place.NEAR, Place.UNDER}
    return vehicle.place is Place.BEYOND or (vehicle.place is Place.UNDER and vehicle.reached)


# -- one change --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Work:
    """A track while one change is worked out, and the events so far."""

    track: Track
    lying: bool = False
    let: int | None = None
    events: list[VehicleMoved] = field(default_factory=list)

    def first(self, fits: Callable[[Vehicle], bool]) -> Vehicle | None:
        return next((each for each in self.track.vehicles if fits(each)), None)

    def change(self, vehicle: Vehicle, **to: object) -> Vehicle:
        changed = replace(vehicle, **to)  # type: ignore[arg-type]  # fields of a vehicle
        vehicles = tuple(changed if each.number == vehicle.number else each for each in self.track.vehicles)
        self.track = replace(self.track, vehicles=vehicles)
        return changed

    def move(self, vehicle: Vehicle, what: Moved, **to: object) -> None:
        self.events.append(VehicleMoved(what, self.change(vehicle, **to)))

    def gone(self, vehicle: Vehicle, what: Moved, maybe: int | None = None) -> None:
        self.track = self.track.without(vehicle.number)
        self.events.append(VehicleMoved(what, vehicle, maybe))

    def comes(self, side: Loop, what: Moved) -> Vehicle:
        new = Vehicle(self.track.count + 1, side)
        self.track = replace(self.track, vehicles=(*self.track.vehicles, new), count=new.number)
        self.events.append(VehicleMoved(what, new))
        return new

    def near(self, side: Loop) -> Vehicle | None:
        """Whoever is on its first loop, on that side."""
        return self.first(lambda each: each.side is side and each.place is Place.NEAR)

    def goes_under(self, vehicle: Vehicle, **to: object) -> None:
        usual = {"place": Place.UNDER, "was_under": True, "standing": False, "forced": self.lying}
        self.move(vehicle, Moved.UNDER, **usual | to)

    def is_on(self, loop: Loop) -> bool:
        return loop in self.track.on


def _loop_on(work: _Work, loop: Loop) -> None:
    for each in work.track.vehicles:
        if each.place is Place.NEAR and each.side is not loop and not work.is_on(each.side):
            work.gone(each, Moved.BACKED_OFF)  # somebody else comes before its time was over
    may_be = [each for each in work.track.vehicles if each.far is loop and _may_reach(work, each)]
    # who is known to be under the arm, before who is on no sensor, before who may be nowhere
    ahead = min(may_be, key=lambda each: (each.place is not Place.UNDER, each.lost), default=None)
    if ahead is not None:
        _reaches(work, ahead)
        return
    own = [each for each in work.track.vehicles if each.side is loop]
    if any(each.place is Place.NEAR for each in own):
        return  # its loop was free for a moment
    left = work.first(lambda each: each.far is loop and each.place is Place.LEFT)
    # while a short one may be between the loops, another may come from there before its time is over
    waits = left is not None and (left.short or any(_is_lost(work, each) for each in work.track.vehicles))
    if left is not None and not (waits and work.track.two_way):
        work.change(left, place=Place.BEYOND)
        return
    _comes_near(work, loop, own)


def _is_lost(work: _Work, vehicle: Vehicle) -> bool:
    return vehicle.lost and not work.track.guarded


def _may_reach(work: _Work, vehicle: Vehicle) -> bool:
    """Returns True if it may be this vehicle that comes onto its far loop."""
    if vehicle.place is Place.UNDER:
        return True
    if work.track.two_way and _is_lost(work, vehicle):
        return False  # another may come from there
    if vehicle.place is Place.BETWEEN:
        return vehicle.mixed or not work.track.guarded
    if vehicle.place is not Place.NEAR or vehicle.mixed:
        return False
    if work.track.guarded:
        return work.is_on(Loop.SAFETY)
    wrong_way = work.track.only is not None and vehicle.side is not work.track.only
    return not (work.lying and (work.track.two_way or wrong_way))


def _reaches(work: _Work, vehicle: Vehicle) -> None:
    if work.track.guarded and vehicle.place is Place.NEAR:
        work.goes_under(vehicle, reached=True)
        return
    if work.track.guarded:
        place = Place.BEYOND if vehicle.place is Place.BETWEEN else vehicle.place
        work.change(vehicle, place=place, reached=True, mixed=False)
        return
    place = Place.UNDER if work.is_on(vehicle.side) and vehicle.place is Place.NEAR else Place.BEYOND
    # one that was not let through may have gone back, and an opposite one have come
    faced = work.track.two_way and vehicle.place is Place.BETWEEN and vehicle.number != work.let
    mixed = vehicle.mixed or faced
    if vehicle.lost:
        work.change(vehicle, place=place, reached=True, mixed=mixed)
    else:
        work.goes_under(vehicle, place=place, reached=True, mixed=mixed)


def _comes_near(work: _Work, loop: Loop, own: list[Vehicle]) -> None:
    """Somebody comes onto a loop on which nobody was: a vehicle that is new, or one of this side that comes back."""
    gone = next((each for each in own if each.place is Place.LEFT), None)
    if gone is not None:
        new = work.comes(loop, Moved.BEHIND)
        work.gone(gone, Moved.UNCLEAR if gone.short else Moved.THROUGH, new.number if gone.short else None)
        return
    for each in own:
        work.change(each, doubt=True)
    others = [each for each in work.track.vehicles if each.place is not Place.LEFT]
    new = work.comes(loop, Moved.BEHIND if own else Moved.OPPOSITE if others else Moved.ARRIVED)
    if work.track.only is new.far and not others and not work.lying:
        # nobody comes from there: it was on its way through when the gate started, or no edge was its own
        turned = work.change(new, side=new.far, doubt=True)
        past = {"place": Place.BEYOND, "reached": True, "was_under": True}
        if new.number > 1:
            work.goes_under(turned, **past)
        else:
            work.change(turned, **past)


def _loop_off(work: _Work, loop: Loop) -> None:
    near = work.near(loop)
    if near is not None:
        _leaves_near(work, near)
    elif not work.track.guarded:
        under = work.first(lambda each: each.side is loop and each.place is Place.UNDER)
        if under is not None:
            work.change(under, place=Place.BEYOND)
    for far in work.track.vehicles:
        if far.far is loop and far.place in {Place.UNDER, Place.BEYOND}:
            _leaves_far(work, far)


def _leaves_near(work: _Work, vehicle: Vehicle) -> None:
    """A vehicle that was not under the arm leaves its first loop: back, or with two loops where nobody sees it."""
    guarded, far_on = work.track.guarded, work.is_on(vehicle.far)
    if work.is_on(Loop.SAFETY) and work.lying:
        work.goes_under(vehicle)
        return
    if not work.track.on:
        between = work.track.short and not work.lying
        if between:
            work.move(vehicle, Moved.MOVED_OFF, place=Place.BETWEEN, short=True, standing=False)
        else:
            work.move(vehicle, Moved.MOVED_OFF, standing=False)
        return  # the time tells whether it is gone
    if vehicle.number == work.let and far_on and (work.track.short or not guarded):
        # it was let through while the far loop was on: it follows, unless it went back
        work.move(vehicle, Moved.MOVED_OFF, place=Place.BETWEEN, mixed=not guarded, standing=False)
        return
    if guarded or not far_on:
        work.gone(vehicle, Moved.BACKED_OFF)
        return
    opposite = work.first(lambda each: each.side is vehicle.far)
    came_first = opposite is not None and opposite.number < vehicle.number
    for ahead in work.track.vehicles:
        if ahead.far is vehicle.far and ahead.short and ahead.doubt:
            work.change(ahead, mixed=True)  # it may be this one that is on the far loop
    if came_first or work.lying or not work.track.short:
        work.gone(vehicle, Moved.BACKED_OFF if came_first else Moved.UNCLEAR)
        return
    work.goes_under(vehicle, place=Place.BETWEEN, mixed=True)  # or it went back; the arm does not come down on it


def _leaves_far(work: _Work, vehicle: Vehicle) -> None:
    behind = work.near(vehicle.side)
    if vehicle.place is Place.UNDER and work.track.guarded:
        if behind is None:
            work.change(vehicle, reached=False)  # its nose went back
    elif vehicle.place is Place.UNDER:
        # it rolled back, or it is gone and another one is on the near loop
        new = _follower(work, vehicle)
        work.gone(vehicle, Moved.UNCLEAR, new.number)
    elif vehicle.mixed and behind is None:
        if work.track.on or work.track.guarded or work.lying or not work.track.short:
            work.gone(vehicle, Moved.UNCLEAR)
        else:
            work.change(vehicle, place=Place.LEFT, short=True)  # it may be another one that drives under the arm
    elif not work.track.on:
        work.change(vehicle, place=Place.LEFT)
    elif work.track.guarded or behind is None or not vehicle.doubt:
        work.gone(vehicle, Moved.THROUGH)
    else:
        work.gone(vehicle, Moved.UNCLEAR, behind.number)


def _follower(work: _Work, vehicle: Vehicle) -> Vehicle:
    """Whoever is on the near loop behind a vehicle: known already, or only now."""
    return work.near(vehicle.side) or work.comes(vehicle.side, Moved.BEHIND)


# -- the sensor under the arm ------------------------------------------------------------------------------------------


def _comes_under(vehicle: Vehicle) -> bool:
    """Returns True if it left its first loop a moment ago, and may come under the arm."""
    return vehicle.place is Place.BETWEEN and not vehicle.mixed


def _under_on(work: _Work) -> None:
    """Somebody comes under the arm. Under one that lies it is a person, until a vehicle leaves its first loop or is on the other."""
    if work.lying and not work.first(_comes_under):
        return
    waiting = [each for each in work.track.vehicles if each.place is Place.NEAR or _comes_under(each)]
    vehicle = next((each for each in waiting if each.number == work.let), None) or next(iter(waiting), None)
    if vehicle is None:
        vehicle = work.first(lambda each: each.place in {Place.BEYOND, Place.BETWEEN, Place.LEFT})
        if vehicle is not None:  # it comes back under the arm
            work.change(vehicle, place=Place.UNDER, reached=work.is_on(vehicle.far))
            return
        vehicle = work.comes(Loop.OUTER, Moved.ARRIVED)
    work.goes_under(vehicle)


def _under_off(work: _Work) -> None:
    vehicle = work.first(lambda each: each.place is Place.UNDER)
    if vehicle is None:
        return
    near_on, far_on = work.is_on(vehicle.side), work.is_on(vehicle.far)
    # behind one that is on the far loop still nobody sees it come there
    follows = work.first(lambda each: each.side is vehicle.side and each.place is Place.BEYOND)
    if far_on and (vehicle.reached or follows is not None):
        gone = work.change(vehicle, place=Place.BEYOND, reached=True)
        if near_on:
            _follower(work, gone)
    elif not near_on:
        work.change(vehicle, place=Place.BETWEEN, mixed=True)
    elif vehicle.reached:
        new = _follower(work, vehicle)
        work.gone(vehicle, Moved.UNCLEAR, new.number)
    else:
        # whoever seemed to come behind it was its own tail
        tail = work.near(vehicle.side)
        work.track = work.track.without(tail.number if tail else None)
        back = work.change(vehicle, place=Place.NEAR, standing=False)
        work.events.append(VehicleMoved(Moved.CAME_BACK, back, tail.number if tail else None))
    for each in work.track.vehicles:
        if each.place is Place.UNDER:
            work.gone(each, Moved.UNCLEAR)  # two were taken to be under it
