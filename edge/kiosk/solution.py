"""A solution as it was mixed: what the form must say, what is wrong with what was typed, and beside which field that stands.

A batch names its agent and its tank, the lot of the product, and how much of it there is: water that was added, or what stands in
the tank. The concentration is the operation's for that agent.

Tested in `tests/edge/kiosk/test_solution.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.contract.policy import Policy
from edge.contract.refusal import Refusal
from edge.kiosk.forms import typed
from edge.kiosk.words import _
from edge.lane.events import SolutionMixed

MOST_LITRES = 100_000
"""No tank at a gate holds more; a slip of the finger does."""
LITRES = ("water_litres", "litres")


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong in a form, in one line, and the name of the field beside which the line stands."""

    field: str
    line: Refusal


def mixed_solution(policy: Policy | None, tanks: Sequence[str]) -> SolutionMixed | FieldFault:
    """The solution in the form of this request, or what is wrong with it."""
    agents = {agent.id for agent in policy.agents} if policy else set()
    # the only one is not asked for
    tank = typed("tank") or (tanks[0] if len(tanks) == 1 else "")
    if typed("agent") not in agents:
        return FieldFault("agent", Refusal(_("Choose the agent.")))
    if tank not in tanks:
        return FieldFault("tank", Refusal(_("Choose the tank that was filled.")))
    if not typed("lot"):
        return FieldFault("lot", Refusal(_("Type the lot on the product's label.")))
    measured = _litres()
    return measured if isinstance(measured, FieldFault) else _mixed(tank, measured)


def _litres() -> Mapping[str, float | None] | FieldFault:
    """The litres of both fields, at least one of them."""
    found: dict[str, float | None] = {}
    for name in LITRES:
        try:
            found[name] = litres(typed(name))
        except ValueError:
            return FieldFault(name, Refusal(_("Litres: expected a number, such as 20 or 7.5.")))
    if not any(found.values()):
        return FieldFault(LITRES[0], Refusal(_("Type how much water was added, or what stands in the tank.")))
    return found


def _mixed(tank: str, measured: Mapping[str, float | None]) -> SolutionMixed:
    return SolutionMixed(
        agent=typed("agent"),
        concentration=typed("concentration"),
        tank=tank,
        lot=typed("lot"),
        label=typed("label") or None,
        target=typed("target") or None,
        strip=typed("strip") or None,
        water_litres=measured["water_litres"],
        litres=measured["litres"],
    )


def litres(text: str) -> float | None:
    """How many litres a typed text says; None for none; `ValueError` for what is no such number."""
    if not text:
        return None
    number = float(text.replace(",", "."))
    if not 0 < number <= MOST_LITRES:
        raise ValueError(text)
    return number
