"""The page of a week: who serves when and where, changed by a form, by a button or by dragging; copied, published.

Tested in `tests/hub/roster/test_views.py`.
"""

from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from edge.contract.policy import GateInfo
from hub.accounts.roles import Role
from hub.console.context import hub, narrowed, needs, now
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.roster import planning
from hub.roster.author import Author
from hub.roster.planning import Place
from hub.roster.values import day_of, week_of
from hub.roster.views import table
from hub.roster.views.blueprint import asked, author, blueprint, gate_words, infos, refuse, today


@blueprint.get("/roster")
@needs(Role.OFFICER)
def every() -> str:
    """A week of the gates: this one, or that of the day that is asked for."""
    known = infos()
    monday = asked_week(request.args.get("week", ""))
    gate = request.args.get("gate", "")
    shown, following, before = _shown(known, gate)
    week = table.week_of_gates(narrowed(), hub().town, monday, known, shown, now(), hub().zone)
    picked = {name: request.args.get(name, "")[:64] for name in ("day", "shift", "at")}
    return render_template(
        "roster/week.html",
        week=week,
        known=known,
        names={id_: gate_words(id_, known) for id_ in known},
        gate=gate if gate in known else "",
        picked=picked,
        monday=monday.isoformat(),
        earlier=(monday - timedelta(days=7)).isoformat(),
        later=(monday + timedelta(days=7)).isoformat(),
        today=today(),
        following=following,
        before=before,
        flag_words=lambda flag: table.flag_words(flag, known, week.terms, week.people),
    )


def asked_week(text: str) -> date:
    """The Monday of the week in which a day lies; of this week for what is no day."""
    try:
        return week_of(day_of(text or today()))
    except RefusedError:
        return week_of(day_of(today()))


def _shown(known: dict[str, GateInfo], gate: str) -> tuple[list[str], str | None, bool]:
    """The gates of this page, the first of the next one (None: there is none), and whether gates stand before them."""
    every_gate = list(known)
    if gate in known:
        return [gate], None, False
    start = request.args.get("from", "")
    place = every_gate.index(start) if start in known else 0
    rest = every_gate[place : place + table.GATES_A_PAGE + 1]
    following = rest[table.GATES_A_PAGE] if len(rest) > table.GATES_A_PAGE else None
    return rest[: table.GATES_A_PAGE], following, place > 0


@blueprint.post("/roster/assign")
@needs(Role.SUPERVISOR)
def assign() -> Response:
    """Somebody is to serve in a cell."""
    place, staff = _place(), asked("staff")
    return _changed(
        place, lambda by: planning.assign(by, place, planning.named(by, staff)), gettext("Assigned, as a draft.")
    )


@blueprint.post("/roster/move")
@needs(Role.SUPERVISOR)
def move() -> Response:
    """What was dragged into a cell: somebody from another cell, or from the list of people."""
    place, staff = _place(), asked("staff")
    before = Place(asked("from_day"), asked("from_shift"), asked("from_gate"))

    def do(by: Author) -> None:
        if before.day:
            planning.move(by, before, place, staff)
        else:
            planning.assign(by, place, staff)

    return _changed(place, do, gettext("Moved, as a draft.") if before.day else gettext("Assigned, as a draft."))


@blueprint.post("/roster/off")
@needs(Role.SUPERVISOR)
def off() -> Response:
    """Takes somebody out of a cell."""
    day, shift, gate, staff = (request.form.get("off", "").split("/") + [""] * 4)[:4]
    place = Place(day, shift, gate)
    return _changed(place, lambda by: planning.take_off(by, place, staff), gettext("Taken off."))


@blueprint.post("/roster/copy")
@needs(Role.SUPERVISOR)
def copy() -> Response:
    """Copies the week before into this one."""
    monday = asked_week(asked("week"))
    try:
        with hub().writing.begin() as connection:
            count = planning.copy_week(author(connection), monday)
    except RefusedError as refused:
        refuse(refused)
    else:
        flash(gettext("Copied as drafts: %(count)s.", count=count))
    return redirect(_address(monday.isoformat()))


@blueprint.post("/roster/publish")
@needs(Role.SUPERVISOR)
def publish() -> Response:
    """Publishes the week as it stands; gates get what concerns them."""
    monday = asked_week(asked("week"))
    try:
        with hub().writing.begin() as connection:
            planning.publish(author(connection), monday)
    except RefusedError as refused:
        refuse(refused)
    else:
        flash(gettext("The week is published; the gates are being told."))
    return redirect(_address(monday.isoformat()))


def _place() -> Place:
    return Place(asked("day"), asked("shift"), asked("gate"))


def _changed(place: Place, do: Callable[[Author], None], said: str) -> Response:
    def once() -> str:
        do(author(connection))
        return _address(place.day)

    try:
        with hub().writing.begin() as connection:
            address = do_once(connection, once)
    except RefusedError as refused:
        refuse(refused)
        return redirect(_address(place.day))
    flash(said)
    return redirect(address)


def _address(day: str) -> str:
    """The page that was left, or the week of a day."""
    week = asked("week") or asked_week(day).isoformat()
    only = {name: value for name in ("gate", "from") if (value := asked(f"only_{name}"))}
    return f"{url_for('roster.every')}?{urlencode({'week': week, **only})}"
