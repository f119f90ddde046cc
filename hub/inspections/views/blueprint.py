"""The common parts of the pages of findings: the blueprint, a finding or 404, who writes, values as a form says them.

Tested in `tests/hub/inspections/test_views.py`.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort
from sqlalchemy.engine import Connection

from hub.console.context import branch, hub, now, reading, role, user
from hub.console.register_words import LOOKS, field_name, named, said
from hub.inspections.findings import REGISTER, FindingHook
from hub.registers import catalogue, declaration, kept
from hub.registers import store as registers
from hub.registers.cells import Here, Value, parse
from hub.registers.checks import Writer
from hub.registers.declaration import Register
from hub.registers.keeping import Keeper
from hub.registers.rows import RegisterRow

blueprint = Blueprint("inspections", __name__, url_prefix="/inspections")
MOST_ID = 10**18


def register() -> Register:
    """The register of findings as the town has it; as it is shipped until the town has written the first one."""
    found = catalogue.find(reading(), hub().town, REGISTER)
    return declaration.read(catalogue.shipped()[REGISTER]) if found is None else found.register


def keeper_of(connection: Connection) -> Keeper:
    """The keeper of findings; a town's first one adds the register."""
    catalogue.add_shipped(connection, hub().town, [REGISTER], by=user().id, now=now())
    return kept.keeper(connection, hub().town, REGISTER, hub().zone, {REGISTER: FindingHook(hub().town)})


def as_writer() -> Writer:
    """Who writes in this request."""
    return Writer(user().id, role(), now(), branch())


def known_finding(finding_id: int) -> RegisterRow:
    """The finding of an address, or 404."""
    row = registers.find(reading(), hub().town, finding_id) if finding_id < MOST_ID else None
    if row is None or row.register != REGISTER:
        abort(404)
    return row


def read_values(texts: Mapping[str, str]) -> dict[str, Value]:
    """The values of fields; `UnfitValue` for one that its field does not take."""
    here, fields = Here(hub().zone), register()
    values: dict[str, Value] = {}
    for name, text in texts.items():
        of = fields.field(name)
        value = None if of is None else parse(of, text, here)
        if value is not None:
            values[name] = value
    return values


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"named": named, "field_name": field_name, "said": said, "STATE_LOOKS": LOOKS, "as_role": role()}
