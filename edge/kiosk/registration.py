"""A vehicle registered by hand: the form, what the operation asks, what is wrong with what was typed.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from collections.abc import Mapping

from flask import render_template

from edge.contract.facts import PERSONAL_FIELDS
from edge.contract.policy import Policy
from edge.contract.reasons import Direction
from edge.contract.refusal import Refusal
from edge.gate.view import LaneView
from edge.kiosk import words
from edge.kiosk.context import desk
from edge.kiosk.lane_panel import usual_classes
from edge.kiosk.offers import offers
from edge.kiosk.words import _


def register_page(lane: LaneView, typed_before: Mapping[str, str]) -> str:
    """The form: plate, class, direction, and what the operation asks; filled in with what was typed before it was refused."""
    policy, known, before = desk().policy(), desk().known(), desk().typed_before()
    asked = [name for name in asked_fields(policy) if name in words.FIELDS]
    return render_template(
        "register.html",
        lane=lane,
        policy=policy,
        typed=typed_before,
        known=known,
        usual=usual_classes(policy, known),
        asked=asked,
        offers={name: offers(name, policy, before, words.language()) for name in asked},
    )


def asked_fields(policy: Policy | None) -> list[str]:
    """The fields that the operation asks of a vehicle registered by hand; no other field is taken from a form."""
    asked = policy.asked if policy else ()
    return [name for name in asked if name in PERSONAL_FIELDS - {"plate", "picture"}]


def registration_fault(policy: Policy | None, form: Mapping[str, str]) -> Refusal | None:
    """The fault of a registration in one line; None: there is none. No plate is refused: one that looks wrong only brings a warning."""
    if policy is not None and policy.class_named(form.get("vehicle_class")) is None:
        return Refusal(_("Choose the class of the vehicle."))
    if form.get("direction", "") not in {"", *Direction}:
        return Refusal(_("Choose the direction."))
    return None
