"""The vehicles of the demo that are long, short, close behind another one, or do something else than drive through.

What must come of them in the ledger differs with the gate: the third sensor tells what two loops cannot. Tested in
`tests/scripts/test_scenario.py`.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge.contract.alarms import FORCED, REVERSING, TAILGATING, UNCLEAR
from edge.contract.facts import Outcome
from edge.contract.reasons import Direction
from scripts.town.comers import Make, by_hand_in, by_hand_out, resident_in, sample, supplies_in
from scripts.town.scene import Draft, Scene, by_number, gapped


def _close(draft: Draft, direction: Direction = Direction.IN) -> Draft:
    return replace(draft, direction=direction, follows=True, close=True)


def queue(scene: Scene) -> list[Draft]:
    """Four vehicles close behind one another; each must be judged as itself, and two owe a disinfection."""
    followers = [sample(scene), by_hand_in(scene), sample(scene)]
    return [resident_in(scene), *(_close(each) for each in followers)]


def tailgating(scene: Scene) -> Sequence[Draft]:
    """A vehicle with priority, and one that goes through with it; none where `times.gap` takes the two for one with a trailer."""
    if scene.gate == gapped(by_number(scene.policy)):
        return ()
    first = replace(sample(scene), direction=Direction.IN)
    second = replace(_close(by_hand_in(scene)), officer="none", manoeuvre="tailgate", alarm=TAILGATING)
    return [first, second]


def forced(scene: Scene) -> Draft:
    """A vehicle that drives through the closed arm."""
    return replace(by_hand_in(scene), officer="none", manoeuvre="force", alarm=FORCED)


def motorcycle(scene: Scene) -> Draft:
    """A vehicle that is on no loop for a while."""
    return replace(by_hand_out(scene), body="motorcycle")


def trailer(scene: Scene) -> Draft:
    """A truck with a trailer; the loops see its drawbar where the gate's `times.gap` is long enough for that."""
    seen = scene.gate == gapped(by_number(scene.policy))
    return replace(supplies_in(scene), body="long_drawbar" if seen else "trailer")


def backs_off(scene: Scene) -> Draft:
    """A vehicle that goes back when it is green."""
    return replace(sample(scene), manoeuvre="back_off", outcome=Outcome.ABANDONED)


def rolls_back(scene: Scene) -> Draft:
    """A vehicle that goes back from under the arm to the line, and then through."""
    return replace(sample(scene), manoeuvre="roll_back")


def back_from_under(scene: Scene) -> Draft:
    """A vehicle that goes back from under the arm to the line, and then away."""
    alarm = REVERSING if scene.guarded else None
    return replace(sample(scene), manoeuvre="under_and_back", outcome=Outcome.ABANDONED, alarm=alarm)


def back_at_one_go(scene: Scene) -> Draft:
    """A vehicle that goes back from under the arm at one go: two loops cannot tell that from one that is through."""
    outcome, alarm = (Outcome.ABANDONED, REVERSING) if scene.guarded else (Outcome.UNCLEAR, UNCLEAR)
    return replace(sample(scene), manoeuvre="under_and_away", outcome=outcome, alarm=alarm)


EARLY: Sequence[Sequence[Make]] = (
    (tailgating, back_from_under),
    (backs_off, trailer),
    (rolls_back, forced),
    (back_at_one_go, motorcycle),
)
"""What each gate sees early, by its place in the town; from the fifth on again."""
KINDS: Sequence[Make] = (
    tailgating, forced, motorcycle, trailer, backs_off, rolls_back, back_from_under, back_at_one_go,
)  # fmt: skip
