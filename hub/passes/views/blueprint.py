"""The common parts of the pages of passes: the blueprint, the form with a reason, a pass or 404, local times, class marks."""

from datetime import datetime

from flask import Blueprint, abort
from flask_babel import lazy_gettext as _
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from edge.contract.policy import Mark, VehicleClass
from hub.console.context import hub, policy, reading
from hub.console.display import chinese, worded
from hub.console.forms import PageForm, stripped
from hub.passes import store
from hub.passes.cards import outline
from hub.passes.terms import Unfit

blueprint = Blueprint("passes", __name__, url_prefix="/passes")


class ReasonForm(PageForm):
    """Why something is done to a pass."""

    reason = TextAreaField(
        _("Reason"),
        [DataRequired(_("Say why; it stays in the audit.")), Length(max=500)],
        filters=[stripped],
    )


def pass_or_404(pass_id: str) -> store.Issued:
    """The pass of an address."""
    found = store.find(reading(), hub().town, pass_id)
    if found is None:
        abort(404)
    return found


def in_town(local: datetime | None) -> datetime | None:
    """A form's time, which is the town's."""
    return None if local is None else local.replace(tzinfo=hub().zone)


def unfit_words(unfit: Unfit) -> str:
    """The fault of a value in words, in the language of the request."""
    words = worded(unfit.wrong)
    return words if chinese() else words[:1].upper() + words[1:] + "."


def classes() -> dict[str, VehicleClass]:
    """The operation's classes by id, as gates know them."""
    rules = policy()
    return {each.id: each for each in rules.classes} if rules else {}


def points(mark: Mark) -> str:
    """A mark's corners as an SVG polygon; empty for the circle."""
    return " ".join(f"{x:.3f},{y:.3f}" for x, y in outline(mark))


@blueprint.context_processor
def _words() -> dict[str, object]:
    return {"classes": classes(), "points": points}
