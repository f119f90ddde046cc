"""The page on which a town names and sets what its roster is made of: shifts, duty roles, least manning, rules.

Tested in `tests/hub/roster/test_views.py`.
"""

from collections.abc import Callable
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from hub.accounts.roles import Role
from hub.console.context import hub, needs, reading
from hub.console.display import worded
from hub.errors import RefusedError
from hub.roster import store, terms
from hub.roster.author import Author
from hub.roster.values import ANYBODY, DutyRole, DutyShift, RosterRules
from hub.roster.views.blueprint import asked, author, blueprint, gate_words, infos, role_words, shift_words

RULES = ("rest_hours", "late_minutes", "absent_minutes", "lead_hours")


@blueprint.get("/roster/settings")
@needs(Role.SUPERVISOR)
def settings() -> str:
    """What is named and set now, with a form for each of it."""
    return _page()


@blueprint.post("/roster/settings/shift")
@needs(Role.SUPERVISOR)
def shift() -> Response | tuple[str, int]:
    """A new shift, another one's words and times, or (with `remove`) one that is no more."""
    wanted = DutyShift(asked("id"), asked("zh"), asked("en"), asked("starts"), asked("ends"))
    if id_ := asked("remove"):
        return _saved(lambda by: terms.remove_shift(by, id_))
    return _saved(lambda by: terms.save_shift(by, wanted))


@blueprint.post("/roster/settings/role")
@needs(Role.SUPERVISOR)
def role() -> Response | tuple[str, int]:
    """A new duty role, other words for one, (with `remove`) one that is no more, or (with `usual`) those that most towns have."""
    if "usual" in request.form:
        return _saved(terms.usual_roles)
    if id_ := asked("remove"):
        return _saved(lambda by: terms.remove_role(by, id_))
    return _saved(lambda by: terms.save_role(by, DutyRole(asked("id"), asked("zh"), asked("en"))))


@blueprint.post("/roster/settings/manning")
@needs(Role.SUPERVISOR)
def manning() -> Response | tuple[str, int]:
    """How many people each shift needs at a gate at least, by role; with `all` at every gate."""
    at = list(infos()) if "all" in request.form else [asked("gate")]

    def save(by: Author) -> None:
        least = {}
        for name, text in request.form.items():
            if name.startswith("least/") and name.count("/") == 2:
                _least, shift_id, role_id = name.split("/")
                least[(shift_id, role_id)] = int(_number(text or "0", whole=True))
        terms.save_manning(by, at, least)

    return _saved(save)


@blueprint.post("/roster/settings/rules")
@needs(Role.SUPERVISOR)
def rules() -> Response | tuple[str, int]:
    """The town's rules."""

    def save(by: Author) -> None:
        hours = _number(asked("rest_hours"))
        late, absent, lead = (int(_number(asked(name), whole=True)) for name in RULES[1:])
        version = int(_number(asked("version"), whole=True))
        terms.save_rules(by, RosterRules(hours, late, absent, lead, "leader" in request.form, version))

    return _saved(save)


def _number(text: str, *, whole: bool = False) -> float:
    try:
        found = float(text) if text.isascii() and len(text) <= 8 else float("nan")
    except ValueError:
        found = float("nan")
    if found != found or (whole and not found.is_integer()):
        raise RefusedError("%(text)r: expected a number", text=text[:20])
    return found


def _saved(do: Callable[[Author], None]) -> Response | tuple[str, int]:
    try:
        with hub().writing.begin() as connection:
            do(author(connection))
    except RefusedError as refused:
        return _page(worded(refused.words)), HTTPStatus.BAD_REQUEST
    flash(gettext("Saved."))
    return redirect(url_for("roster.settings", gate=asked("gate") or None))


def _page(wrong: str = "") -> str:
    known = infos()
    found = store.terms(reading(), hub().town)
    gate = request.values.get("gate", "")
    gate = gate if gate in known else next(iter(known), "")
    least = {(each.shift, each.role): each.least for each in found.manning if each.gate == gate}
    return render_template(
        "roster/settings.html",
        wrong=wrong,
        terms=found,
        typed=request.form if wrong else {},
        gate=gate,
        names={id_: gate_words(id_, known) for id_ in known},
        roles=[(ANYBODY, gettext("People in all")), *((each.id, role_words(found, each.id)) for each in found.roles)],
        least=least,
        shift_words=shift_words,
        ranges=terms.RANGES,
    )
