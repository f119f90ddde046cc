"""The page on which an admin names the levels of the organisation. Tested in `tests/hub/organisation/test_views.py`."""

from flask import render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.once import act
from hub.organisation import levels as store
from hub.organisation.units import Level
from hub.organisation.views.blueprint import blueprint

SPARE = 2
"""Empty rows of the form, for levels to come."""
MOST = 60


@blueprint.get("/levels")
@needs(Role.ADMIN)
def levels() -> str:
    """The levels, and room for others."""
    found = store.every(reading(), hub().town)
    rows = [(each.id, each.zh, each.en) for each in found] + [("", "", "")] * SPARE
    return render_template("organisation/levels.html", rows=rows, most=MOST)


@blueprint.post("/levels")
@needs(Role.ADMIN)
def name_levels() -> Response:
    """Names the levels anew, in the order of their places; a row without id and names is none."""
    columns = (request.form.getlist(name) for name in ("id", "zh", "en", "place"))
    rows = [(id_[:MOST], zh[:MOST], en[:MOST], place) for id_, zh, en, place in zip(*columns, strict=False)]
    named = [row for row in rows if any(text.strip() for text in row[:3])]
    named.sort(key=lambda row: int(row[3]) if row[3].isascii() and row[3].isdigit() and len(row[3]) < 6 else 0)
    some = [Level(id_, zh, en) for id_, zh, en, _place in named]
    return act(
        lambda connection: store.set_levels(connection, town=hub().town, levels=some, by=user().id, now=now()),
        url_for("organisation.levels"),
        gettext("The levels are named."),
    )
