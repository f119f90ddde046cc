"""Orders about a vehicle: stop it, let it pass, look at it, in the two languages of a gate's screen.

Tested in `tests/hub/vehicles/test_views.py`.
"""

from enum import StrEnum

from edge.contract.plates import spoken


class What(StrEnum):
    """What gates are to do when the vehicle comes."""

    STOP = "stop"
    PASS = "pass"
    LOOK = "look"


_WORDS = {
    What.STOP: ("拦停", "Stop"),
    What.PASS: ("放行", "Let pass"),
    What.LOOK: ("留意并报告", "Look out for"),
}


def order_texts(what: What, name: str, why: str) -> tuple[str, str]:
    """The order in Chinese and in English; `name`: the plate, or the pass of a vehicle without one."""
    zh, en = _WORDS[what]
    return f"{zh} {spoken(name)}：{why}", f"{en} {spoken(name)}: {why}"
