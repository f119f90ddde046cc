"""The common parts of the pages of vehicles: the blueprint, the vehicle of an address, the forms.

Tested in `tests/hub/vehicles/test_views.py`.
"""

from flask import Blueprint, abort, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from hub.console.context import hub, reading
from hub.console.display import gate_name
from hub.console.forms import PageForm, stripped
from hub.console.sealed import unseal
from hub.gates.status import every_gate
from hub.passes.watchlist import WatchedPlate
from hub.vehicles import store
from hub.vehicles.known import Vehicle
from hub.vehicles.orders import What

blueprint = Blueprint("vehicles", __name__, url_prefix="/vehicle")
HOURS = (1, 4, 12, 24, 72)
MOST_WHY = 200


class WhyForm(PageForm):
    """Why something is done about a vehicle; `why` is the field that an act of the page's needs."""

    why = StringField(
        _("Reason"), [DataRequired(_("Say why; it stays in the audit.")), Length(max=MOST_WHY)], filters=[stripped]
    )


class WatchForm(WhyForm):
    """What gates do when a watched plate comes."""

    deny_in = BooleanField(_("Stop on the way in"))
    deny_out = BooleanField(_("Stop on the way out"))
    notify = BooleanField(_("Tell the command post"), default=True)

    def validate_notify(self, field: BooleanField) -> None:
        """Something is done about a watched plate."""
        if not (field.data or self.deny_in.data or self.deny_out.data):
            raise ValidationError(_("Tick at least one."))


class OrderForm(WhyForm):
    """An order about the vehicle, to all gates or to some."""

    what = SelectField(_("Order"))
    to = SelectMultipleField(_("Gates"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())
    hours = SelectField(_("Holds for"), coerce=int, default=4)


class NoteForm(PageForm):
    """A note about the vehicle."""

    text = TextAreaField(
        _("Note"), [DataRequired(_("Write something.")), Length(max=store.LONGEST)], filters=[stripped]
    )


def vehicle_or_404(sealed: str) -> Vehicle:
    """The vehicle of an address."""
    if plate := unseal("plate", sealed):
        return Vehicle(plate=plate)
    pass_id = unseal("pass", sealed)
    if not pass_id:
        abort(404)
    return Vehicle(pass_id=pass_id)


def forms(watched: WatchedPlate | None = None) -> dict[str, PageForm]:
    """Every form of a vehicle's page, with names of their fields that differ; empty, but for how the plate is watched already."""
    found: dict[str, PageForm] = {
        "watch": WatchForm(prefix="watch", obj=watched),
        "unwatch": WhyForm(prefix="unwatch"),
        "block": WhyForm(prefix="block"),
        "order": OrderForm(prefix="order"),
        "note": NoteForm(prefix="note"),
    }
    _offer(found["order"])
    return found


def sent(name: str) -> PageForm:
    """The form of this name as it was sent."""
    kind = type(forms()[name])
    form = kind(request.form, prefix=name)
    _offer(form)
    return form


def _offer(form: PageForm) -> None:
    if isinstance(form, OrderForm):
        words = {
            What.STOP: gettext("Stop it"),
            What.PASS: gettext("Let it pass"),
            What.LOOK: gettext("Look out for it"),
        }
        form.what.choices = [(each.value, text) for each, text in words.items()]
        form.to.choices = [(each.gate, gate_name(each.gate)) for each in every_gate(reading(), hub().town)]
        form.hours.choices = [(each, gettext("%(n)s h", n=each)) for each in HOURS]
