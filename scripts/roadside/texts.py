"""The texts of the passes of a demo town, from its seed."""

import tomllib
from functools import lru_cache

from edge.contract.policy import GateInfo
from hub.town.default_operation import default_text
from hub.town.operation import Rules
from scripts.town.founding import Choice, operation_text
from scripts.town.scenario import plan

GATES = 4


@lru_cache(maxsize=2)
def pass_texts(seed: int) -> tuple[str, ...]:
    """Every pass that the hub of the demo town of this seed issues, the valid ones and those that a gate refuses."""
    choice = Choice(seed, GATES)
    rules = Rules.model_validate(tomllib.loads(operation_text(default_text("2026-01-01T00:00:00Z"), choice)))
    names = {gate: GateInfo(number=number, zh=gate, en=gate) for number, gate in enumerate(choice.names)}
    planned = plan(seed, rules.policy(names, []))
    return tuple(dict.fromkeys(each.text for each in planned.passes))
