"""A vehicle registered by hand: the form, what the operation asks, what is wrong with what was typed.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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

NUMBERS = ("phone", "occupants")
"""Fields for which the screen shows digits first."""


def register_page(lane: LaneView, typed_before: Mapping[str, str]) -> str:
    """The form: plate, class, direction, and what the operation asks; filled in with what was typed before it was refused."""
    policy, known = desk().policy(), desk().known()
    return render_template(
        "register.html",
        lane=lane,
        policy=policy,
        typed=typed_before,
        known=known,
        usual=usual_classes(policy, known),
        asked=shown_fields(policy, desk().typed_before()),
    )


@dataclass(frozen=True, slots=True)
class AskedField:
    """A field of the form: its name in records, its words in both languages, the keys shown for it, what is offered beside it."""

    name: str
    words: tuple[str, str]
    keys: str
    offers: tuple[str, ...]


def shown_fields(policy: Policy | None, typed_before: Mapping[str, Sequence[str]]) -> list[AskedField]:
    """The fields of the form: those of every operation that this one asks, then those that it declares."""
    language, found = words.language(), []
    for name in asked_fields(policy):
        declared = None if policy is None else policy.field_named(name)
        if declared is not None:
            choices = tuple(dict.fromkeys(each.zh if language == "zh" else each.en for each in declared.choices))
            found.append(AskedField(name, (declared.zh, declared.en), declared.keys, choices))
        elif name in words.FIELDS:
            keys = "digits" if name in NUMBERS else "letters"
            found.append(AskedField(name, words.FIELDS[name], keys, offers(name, policy, typed_before, language)))
    return found


def asked_fields(policy: Policy | None) -> list[str]:
    """The fields that the operation asks of a vehicle registered by hand; no other field is taken from a form."""
    if policy is None:
        return []
    asked = [name for name in policy.asked if name in PERSONAL_FIELDS - {"plate", "picture"}]
    return [*asked, *dict.fromkeys(each.id for each in policy.fields)]


def registration_fault(policy: Policy | None, form: Mapping[str, str]) -> Refusal | None:
    """The fault of a registration in one line; None: there is none. No plate is refused: one that looks wrong only brings a warning."""
    if policy is not None and policy.class_named(form.get("vehicle_class")) is None:
        return Refusal(_("Choose the class of the vehicle."))
    if form.get("direction", "") not in {"", *Direction}:
        return Refusal(_("Choose the direction."))
    return None
