"""The page of one vehicle: where it is, its visits, passes, conflicts, pictures and notes, and what may be done about it.

Tested in `tests/hub/vehicles/test_views.py`.
"""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.accounts.privacy import mask_plate, masked_plates, shown
from hub.accounts.roles import Role
from hub.conflicts import store as conflicts
from hub.console.context import hub, needs, now, reading, role
from hub.console.forms import PageForm, row_id
from hub.console.paging import cursor
from hub.console.sealed import vehicle_address
from hub.ledger import queries
from hub.passes import store as passes
from hub.passes import watchlist
from hub.persons import store as persons
from hub.vehicles import known, store
from hub.vehicles.known import Vehicle
from hub.vehicles.views.blueprint import blueprint, forms, vehicle_or_404

VISITS, PASSES, CONFLICTS, NOTES = 20, 20, 10, 20


@blueprint.get("/<vehicle>")
@needs(Role.VIEWER)
def show(vehicle: str) -> str:
    """A vehicle's page."""
    return page(vehicle, vehicle_or_404(vehicle))


@blueprint.get("/of-visit/<visit_id>")
@needs(Role.VIEWER)
def of_visit(visit_id: str) -> Response:
    """Leads to the vehicle of a visit; to the visit, if it has neither plate nor pass."""
    row = queries.visit(reading(), hub().town, visit_id) or {"plate": None, "pass_id": None}
    there = vehicle_address(row["plate"], row["pass_id"])
    return redirect(there or url_for("ledger.visit", visit_id=visit_id))


def page(address: str, vehicle: Vehicle, acted: tuple[str, PageForm] | None = None, odd: str = "") -> str:
    """The page; `acted`: the form that was sent and is wrong, by name; `odd`: why nothing was done."""
    connection, town, officer = reading(), hub().town, role().may(Role.OFFICER)
    found = queries.page(
        connection, town, vehicle.filter,
        older=cursor(request.args.get("older")), newer=cursor(request.args.get("newer")), limit=VISITS,
    )  # fmt: skip
    rows = [shown(row, role()) for row in found.rows]
    after, before = cursor(request.args.get("conflicts")), row_id(request.args.get("notes"))
    asked = conflicts.Asked(state="", search=vehicle.name, whole=True)
    disputes, more_disputes = conflicts.page(connection, town, asked, after=after, limit=CONFLICTS)
    notes = store.page(connection, town, vehicle.name, before=before, limit=NOTES + 1) if officer else []
    issued = _passes(vehicle) if officer else []
    pictures = known.asked_pictures(connection, town, [row["visit_id"] for row in rows]) if officer else {}
    watch = watchlist.find(connection, town, vehicle.plate) if officer and vehicle.plate else None
    masked = masked_plates(role())
    return render_template(
        "vehicles/show.html",
        address=address,
        vehicle=vehicle,
        plate=mask_plate(vehicle.plate) if masked and vehicle.plate else vehicle.plate,
        where=known.whereabouts(connection, town, vehicle),
        latest=known.latest(connection, town, vehicle),
        count=known.count_visits(connection, town, vehicle),
        visits=rows,
        links=_links(address, found),
        pictures=pictures,
        passes=[(each, each.state(now())) for each in issued],
        conflicts=disputes,
        more_conflicts=f"{more_disputes[0]}~{more_disputes[1]}" if more_disputes else None,
        watch=watch,
        owners=persons.owners(connection, town, vehicle.plate) if officer else [],
        notes=notes[:NOTES],
        older_notes=notes[NOTES - 1].id if len(notes) > NOTES else None,
        forms=forms(watch) | (dict([acted]) if acted else {}),
        acted=acted[0] if acted else "",
        odd=odd,
    )


def _passes(vehicle: Vehicle) -> list[passes.Issued]:
    if vehicle.plate:
        return passes.of_plates(reading(), hub().town, [vehicle.plate], PASSES)
    found = passes.find(reading(), hub().town, vehicle.pass_id)
    return [] if found is None else [found]


def _links(address: str, found: queries.Page) -> tuple[str | None, str | None, str | None]:
    here = url_for("vehicles.show", vehicle=address)
    return (
        f"{here}#visits" if "older" in request.args or "newer" in request.args else None,
        f"{here}?newer={'~'.join(found.newer)}#visits" if found.newer else None,
        f"{here}?older={'~'.join(found.older)}#visits" if found.older else None,
    )
