"""The page of the organisation: its tree with what belongs to each unit, and the search. Tested in `tests/hub/organisation/test_views.py`."""

from collections.abc import Sequence

from flask import render_template, request

from hub.accounts.roles import Role
from hub.console.context import chosen_unit, hub, needs, reading
from hub.organisation import store
from hub.organisation.units import Unit
from hub.organisation.views.blueprint import blueprint, language, level_names

MOST_ROWS = 400
"""Rows of the page at most: of a larger tree the lower levels are opened by a click on their branch."""


@blueprint.get("")
@needs(Role.VIEWER)
def every() -> str:
    """The tree, or a branch of it (`unit`), or what a search finds."""
    text = request.args.get("search", "").strip()[:64]
    closed = "closed" in request.args
    root, town = chosen_unit(), hub().town
    everything = store.every(reading(), town, under=root, closed=True)
    some = [each for each in everything if closed or each.closed_at is None]
    found = store.search(reading(), town, text, under=root) if text else cut(some)
    gates = store.count_gates(reading(), town)
    users = store.count_users(reading())
    return render_template(
        "organisation/tree.html",
        units=found,
        all=sum(1 for each in everything if each.closed_at is None),
        hidden=0 if text else len(some) - len(found),
        base=0 if root is None else root.depth,
        root=root,
        text=text,
        closed=closed,
        levels=level_names(),
        gates=store.with_all_below(everything, gates),
        users=store.with_all_below(everything, users),
        below=store.with_all_below([each for each in everything if each.closed_at is None], dict.fromkeys((each.id for each in everything), 1)),
        lang=language(),
        paths={each.id: store.full_name(reading(), town, each, language=language()) for each in found} if text else {},
    )  # fmt: skip


def cut(units: Sequence[Unit], most: int = MOST_ROWS) -> list[Unit]:
    """The units down to the depth to which the page holds them all; at least those of the first level."""
    depths = sorted({each.depth for each in units})
    kept: list[Unit] = []
    for depth in depths:
        some = [each for each in units if each.depth <= depth]
        if kept and len(some) > most:
            break
        kept = some
    return kept
