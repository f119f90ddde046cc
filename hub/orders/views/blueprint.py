"""The blueprint that the pages of orders stand on, and what they share. Tested with them: `tests/hub/orders/test_views.py`."""

from flask import Blueprint
from flask_babel import gettext

from hub.console.context import branch, hub, limit, reading, user
from hub.console.display import chinese, gate_name
from hub.gates.status import every_gate
from hub.orders import dispatches, recipients
from hub.orders.dispatches import Recipient
from hub.organisation import store as organisation

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


def gate_ids() -> list[str]:
    """The gates that can get an order."""
    return [each.gate for each in every_gate(reading(), hub().town)]


def village_choices() -> list[tuple[str, str]]:
    """The villages that can get an order, with their names."""
    within, every = branch(), recipients.villages(reading(), hub().town).values()
    found = every if within is None else [each for each in every if each.id in within.units]
    return [(each.id, each.zh if chinese() else each.en) for each in found if each.depth <= recipients.DEEPEST]


def recipient_name(recipient: Recipient) -> str:
    """A recipient's name in the language of the request."""
    if recipient.kind == "gate":
        return gate_name(recipient.id)
    return dispatches.village_name(reading(), hub().town, recipient.id, chinese=chinese())


def recipient_choices() -> list[tuple[str, str]]:
    """Every gate and village, as the list of orders can be narrowed to it."""
    gates = [(f"gate/{gate}", gate_name(gate)) for gate in gate_ids()]
    return [("", gettext("All")), *gates, *((f"village/{id_}", name) for id_, name in village_choices())]


def own_units() -> list[str]:
    """The ids of the units of the account's branch; none for an account that belongs to no unit."""
    branch = limit() or organisation.find(reading(), hub().town, user().unit or "")
    return [] if branch is None else list(organisation.ids_of(reading(), hub().town, branch))
