"""The page of a person: the household and its members, and the passes and crossings of the plates that are written down with the person.

Tested in `tests/hub/persons/test_views.py`.
"""

from typing import Any

from flask import Blueprint, abort, render_template

from hub.accounts.privacy import shown
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, role
from hub.console.register_words import LOOKS, field_name, named, said
from hub.console.sealed import vehicle_address
from hub.ledger import queries
from hub.passes import store as passes
from hub.persons import store
from hub.registers import catalogue
from hub.registers import store as registers
from hub.registers.declaration import Register
from hub.registers.rows import RegisterRow

blueprint = Blueprint("persons", __name__, url_prefix="/persons")
CROSSINGS, PASSES, MEMBERS, REQUESTS = 10, 10, 30, 20
MOST_ID = 10**18


@blueprint.get("/<int:person_id>")
@needs(Role.OFFICER)
def show(person_id: int) -> str:
    """A person of a household, or one with special needs."""
    connection, town = reading(), hub().town
    row = registers.find(connection, town, person_id) if person_id < MOST_ID else None
    if row is None or row.register not in (store.PERSONS, store.PEOPLE):
        abort(404)
    home = registers.find(connection, town, row.links.parent) if row.links.parent is not None else None
    members = store.members(connection, town, home.id, MEMBERS) if home else []
    return render_template(
        "persons/show.html",
        row=row,
        register=_register(row),
        home=home,
        home_register=None if home is None else _register(home),
        members=[each for each in members if each.id != row.id],
        vehicles=[_vehicle(plate) for plate in store.plates_of(row)],
        requests=store.requests_of(connection, town, row.id, REQUESTS) if row.register == store.PEOPLE else [],
        requests_register=_known(store.REQUESTS),
    )


@blueprint.app_context_processor
def _owners() -> dict[str, Any]:
    return {"owners_of": lambda plate: store.owners(reading(), hub().town, plate) if role().may(Role.OFFICER) else []}


def _vehicle(plate: str) -> dict[str, Any]:
    """What a plate leads to: its passes, and its last crossings as this reader may see them."""
    connection, town = reading(), hub().town
    page = queries.page(connection, town, queries.Filter(plate=plate, whole=True), limit=CROSSINGS)
    issued = passes.of_plates(connection, town, [plate], PASSES)
    return {
        "plate": plate,
        "address": vehicle_address(plate),
        "passes": [(each, each.state(now())) for each in issued],
        "visits": [shown(each, role()) for each in page.rows],
    }


def _register(row: RegisterRow) -> Register:
    found = _known(row.register)
    if found is None:
        abort(404)
    if not role().may(found.read):
        abort(403)
    return found


def _known(id_: str) -> Register | None:
    found = catalogue.find(reading(), hub().town, id_)
    return None if found is None else found.register


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"named": named, "field_name": field_name, "said": said, "STATE_LOOKS": LOOKS, "as_role": role()}
