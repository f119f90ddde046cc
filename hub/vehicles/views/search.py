"""The search that every page has: a plate or a part of one, a pass, a visit. What was typed stands in no address.

Tested in `tests/hub/vehicles/test_views.py`.
"""

from http import HTTPStatus

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.accounts.privacy import mask_plate, masked_plates
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, role
from hub.console.login import limited_search
from hub.console.sealed import seal, unseal, vehicle_address
from hub.ledger import queries
from hub.passes import store as passes
from hub.vehicles import find
from hub.vehicles.known import Vehicle, latest
from hub.vehicles.views.blueprint import blueprint

ROWS = 40


@blueprint.post("/search")
@needs(Role.VIEWER)
@limited_search
def search() -> Response:
    """Leads to the one thing that was found, else to the list."""
    text = request.form.get("search", "").strip()[: find.MOST_TYPED]
    return redirect(_only(text) or url_for("vehicles.found", asked=seal("search", text)), HTTPStatus.SEE_OTHER)


@blueprint.get("/search")
@needs(Role.VIEWER)
def nothing_typed() -> Response:
    """Leads who had to log in before a search back to the console: what was typed is gone."""
    return redirect(url_for("gates.live"))


@blueprint.get("/search/<asked>")
@needs(Role.VIEWER)
def found(asked: str) -> str:
    """The vehicles that a search found, by plate; or the line that says that there is none."""
    text = unseal("search", asked)
    if text is None:
        abort(404)
    after = unseal("after", request.args.get("after", "")) or ""
    some = _plates(text, after, ROWS + 1)
    masked = masked_plates(role())
    rows = [
        (vehicle_address(each.plate), mask_plate(each.plate) if masked else each.plate, each)
        for each in find.described(reading(), hub().town, some[:ROWS], now())
    ]
    following = seal("after", some[ROWS - 1]) if len(some) > ROWS else None
    return render_template(
        "vehicles/found.html",
        asked=asked,
        text=text,
        found_text=text,
        rows=rows,
        first=not after,
        following=following,
        masked=masked,
    )


def _only(text: str) -> str | None:
    """The address of the one thing that is meant; None if there is none, or more than one."""
    code = text.lower()
    if queries.visit(reading(), hub().town, code) is not None:
        return url_for("ledger.visit", visit_id=code)
    if address := _of_pass(code):
        return address
    some = _plates(text, "", 2)
    return vehicle_address(some[0]) if len(some) == 1 else None


def _of_pass(code: str) -> str | None:
    if role().may(Role.OFFICER) and passes.find(reading(), hub().town, code) is not None:
        return url_for("passes.show", pass_id=code)
    row = latest(reading(), hub().town, Vehicle(pass_id=code)) if code else None
    return None if row is None else vehicle_address(row["plate"], row["pass_id"])


def _plates(text: str, after: str, limit: int) -> list[str]:
    only_visits = masked_plates(role())
    return find.plates(reading(), hub().town, text, visits_only=only_visits, after=after, limit=limit)
