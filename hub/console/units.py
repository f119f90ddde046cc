"""The units and the gates that a page offers: those that the account may see. Tested in `tests/hub/web/test_limits.py`."""

from flask import g

from hub.console.context import hub, limit, policy, reading, sees_gate
from hub.console.display import chinese, gate_name
from hub.organisation import store


def unit_choices(*, of_gates: bool = False) -> list[tuple[str, str]]:
    """(id, name moved in by its depth) of the open units; `of_gates`: of those that have gates in their branch. Looked up once a request."""
    if "open_units" not in g:
        g.open_units = store.every(reading(), hub().town, under=limit())
        g.gates_below = None
    if of_gates and g.gates_below is None:
        g.gates_below = store.with_all_below(g.open_units, store.count_gates(reading(), hub().town))
    within = limit()
    language, base = ("zh" if chinese() else "en"), 0 if within is None else within.depth
    return [
        (each.id, "\u3000" * (each.depth - base) + each.name(language))
        for each in g.open_units
        if not of_gates or g.gates_below.get(each.id)
    ]


def gate_choices() -> list[tuple[str, str]]:
    """(id, name) of the gates by the rules that were published last."""
    rules = policy()
    return [(gate, gate_name(gate)) for gate in (rules.gates if rules else ()) if sees_gate(gate)]


def unit_name(id_: str) -> str:
    """The name of a unit; the id itself for one that the town does not have."""
    return _names().get(id_, id_)


def is_unit(id_: str) -> bool:
    """Returns True if the town has a unit with this id, open or closed."""
    return id_ in _names()


def _names() -> dict[str, str]:
    """The names of all units by id, looked up once a request."""
    if "unit_names" not in g:
        g.unit_names = store.names(reading(), hub().town, language="zh" if chinese() else "en")
    names: dict[str, str] = g.unit_names
    return names
