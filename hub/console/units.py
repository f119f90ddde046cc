"""The units of the organisation that a page can be narrowed to. Tested in `tests/hub/web/test_limits.py`."""

from flask import g

from hub.console.context import hub, limit, reading
from hub.console.display import chinese
from hub.organisation import store


def every_unit() -> list[tuple[str, str]]:
    """(id, name moved in by its depth) of all open units that the account may see."""
    within = limit()
    base = 0 if within is None else within.depth
    language = "zh" if chinese() else "en"
    found = store.every(reading(), hub().town, under=within)
    return [(each.id, "\u3000" * (each.depth - base) + each.name(language)) for each in found]


def unit_name(id_: str) -> str:
    """The name of a unit; the id itself for one that the town does not have. The names are looked up once a request."""
    if "unit_names" not in g:
        g.unit_names = store.names(reading(), hub().town, language="zh" if chinese() else "en")
    names: dict[str, str] = g.unit_names
    return names.get(id_, id_)


def unit_choices() -> list[tuple[str, str]]:
    """(id, name moved in by its depth) of the units that have gates in their branch and the account may see; looked up once a request."""
    if "unit_choices" not in g:
        within, town = limit(), hub().town
        found = store.every(reading(), town, under=within)
        gates = store.with_all_below(found, store.count_gates(reading(), town))
        language, base = ("zh" if chinese() else "en"), 0 if within is None else within.depth
        g.unit_choices = [
            (each.id, "\u3000" * (each.depth - base) + each.name(language)) for each in found if gates.get(each.id)
        ]
    choices: list[tuple[str, str]] = g.unit_choices
    return choices
