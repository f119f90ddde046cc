"""The page of one shift of one day: at each gate who was rostered, who came, who was signed on without being rostered; noted by hand.

Tested in `tests/hub/roster/test_views.py`.
"""

from datetime import timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, narrowed, needs, now
from hub.errors import RefusedError
from hub.roster import planning, served, store
from hub.roster.attendance import compared, unrostered
from hub.roster.planning import Place
from hub.roster.values import LEADER, day_of, span_texts
from hub.roster.views.blueprint import asked, author, blueprint, gate_words, infos, refuse, role_words, shift_words


@blueprint.get("/roster/shift")
@needs(Role.OFFICER)
def one() -> str:
    """A shift of a day, with what became of it as far as the hub knows."""
    connection, town = narrowed(), hub().town
    terms = store.terms(connection, town, removed=True)
    shift = terms.shift(request.args.get("shift", ""))
    try:
        day = day_of(request.args.get("day", "")).isoformat()
    except RefusedError:
        abort(404)
    if shift is None:
        abort(404)
    rows = [each for each in store.assignments(connection, town, day, day) if each.shift == shift.id and each.published]
    starts, ends = (rows[0].starts, rows[0].ends) if rows else span_texts(shift, day, hub().zone)
    known = infos()
    people = store.members(connection, town, {each.staff for each in rows})
    until = min(ends, wall_text(now() + timedelta(seconds=1)))
    times = served.between(connection, town, starts, until, known) if starts < until else []
    noted = store.presences(connection, town, starts, ends)
    found = compared(rows, people, times, noted, terms.rules, now())
    return render_template(
        "roster/shift.html",
        day=day,
        shift=shift,
        name=shift_words(shift),
        starts=starts,
        ends=ends,
        found=sorted(found, key=lambda each: (each.assignment.gate != LEADER, each.assignment.gate)),
        people=people,
        others=unrostered(rows, people, times, terms.rules),
        role_words=lambda role: role_words(terms, role),
        names={id_: gate_words(id_, known) for id_ in known},
        begun=starts <= wall_text(now()),
    )


@blueprint.post("/roster/presence")
@needs(Role.OFFICER)
def presence() -> Response:
    """Notes by hand from when to when somebody was there."""
    place = Place(asked("day"), asked("shift"), asked("gate"))
    try:
        with hub().writing.begin() as connection:
            planning.note_presence(author(connection), place, asked("staff"), asked("came"), asked("left"))
    except RefusedError as refused:
        refuse(refused)
    else:
        flash(gettext("Noted."))
    return redirect(url_for("roster.one", day=place.day, shift=place.shift))
