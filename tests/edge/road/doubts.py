"""What sensors cannot tell, each by its name: the judge counts it and does not hold it against the lane.

- `ONE_LONG`, one long vehicle: between the tail of the one before and a vehicle's nose no loop (the third sensor, where it is fitted)
  was reported free for longer than `times.clear`: a trailer looks the same;
- `HIDDEN`, two loops: a vehicle came onto the far loop while the one before was on it, and went off the near one while the next was
  on it: no edge is its own;
- `STRAYED`: a vehicle shorter than the loops are apart was on no sensor for longer than `lanes.road` allows, or (two loops) drove
  without its word at an arm that lay: for the lane it went back, and somebody comes from the other side. Who comes before the lane
  was empty inherits it;
- `FACED`, face to face, two loops: while a vehicle was at the lane and not through, another one came onto its far loop from the
  other side. If the first backs off and the other drives off backwards, the edges are those of one that drove through. Who comes
  before the lane was empty for the time in which somebody may be between the loops inherits the doubt: it is one vehicle off;
- `FACED_OVER`, the same with three sensors, where one of the two was on the third: both loops and it are on, whoever drives;
- `RESTARTED`, two ways: the gate started over a vehicle of which nobody knows from where it came. Who comes before the lane was
  empty inherits it: the belief is one vehicle off, and turned round;
- `VEILED`, two loops, two ways: it came onto the near loop behind one that drove through an arm that lay, before that was off it:
  for the lane one came opposite and went, and the first stands there still, so that its word is this one's;
- `BEHIND`, two loops: while a vehicle was at the lane and not through, another stood on its near loop: far loop on and off is the
  same for one that went on and for one that rolled back. It is a doubt of the first one's outcome alone;
- `RETURNED`, three sensors: one rolled back under the arm after its tail was past it, while the next stood on the near loop: the
  same edges as when the next one drives on and the first goes. It is a doubt of both;
- `SWAPPED`, one vehicle to a loop: one left its loop backwards, or aside, while the next was on it or less than `times.clear` before
  (two loops and a raised arm: less than `road.apart / road.slowest`, in which it may be between them). Who comes before the lane
  was empty for that time inherits it;
- `DRAWBAR`: a trailer whose drawbar a sensor does not notice counts as two, for it and for who is at the lane with it;
- `UNTRUE`: an officer pressed what was not true (anything at all, by chance) while the vehicle was at the lane, or began a visit so
  that is open when it comes under the arm. It excuses what is said of that vehicle, and of nobody who comes later;
- `EACH_SIDE`: one stands on a loop and another comes from the other side, and the one camera, or the officer, does not say whose the
  pass or plate is: it counts for the one on the loop of the direction that the record names;
- `BUSY`: the gate's thread did nothing for up to 1.5 s while the vehicle was at the arm, so that edges came together.

Besides: *slow* (no end switch and no third sensor says where the arm is) and *short* (a vehicle shorter than the loops are apart
stood between them for longer than `lanes.road` allows), of the arm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.vehicles import Vehicle

ONE_LONG = "one long vehicle"
HIDDEN = "between two others"
STRAYED = "a short vehicle on no sensor"
FACED = "face to face"
FACED_OVER = "face to face over three sensors"
RESTARTED = "the gate started over a vehicle"
VEILED = "behind one that drove through an arm that lay"
BEHIND = "behind"
RETURNED = "back from beyond the arm while the next one stood there"
SWAPPED = "one vehicle to a loop"
DRAWBAR = "a drawbar that no sensor notices"
UNTRUE = "an officer pressed what was not true"
EACH_SIDE = "one on each side: whose pass or plate it is"
BUSY = "the gate's thread was busy"


def doubt(lane: RoadLane, vehicle: Vehicle, *, outcome: bool = False) -> str | None:
    """Why no sensor can tell what this vehicle did. `outcome`: of what its visit is said to be, not of an alarm or a lamp."""
    guarded = lane.hands.guarded
    reasons = (
        (UNTRUE, vehicle.lied),
        (FACED_OVER, guarded and vehicle.face_to_face),
        (FACED, not guarded and vehicle.opposed),
        (RESTARTED, vehicle.restarted),
        (VEILED, not guarded and vehicle.veiled),
        (RETURNED, guarded and outcome and (vehicle.beside or (vehicle.returned and vehicle.pushed))),
        (BEHIND, not guarded and outcome and vehicle.pushed),
        (ONE_LONG, vehicle.blurred or (guarded and outcome and vehicle.shared)),
        (STRAYED, vehicle.strayed),
        (HIDDEN, not guarded and vehicle.hidden),
        (DRAWBAR, vehicle.muddled),
        (SWAPPED, vehicle.swapped),
    )
    return next((name for name, holds in reasons if holds), None)
