"""The one-trip pass of a request: its form, and the pass that it asks for.

Tested in `tests/hub/needs/test_views.py`.
"""

from datetime import datetime, timedelta

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from wtforms import DateTimeLocalField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from edge.contract.plates import classify
from hub.console.context import hub, now, policy
from hub.console.display import class_name, gate_name
from hub.console.forms import PageForm, in_years, row_id, stripped
from hub.needs import store
from hub.needs.issuing import Wanted, issue_trip
from hub.needs.trips import Shape
from hub.needs.views.blueprint import as_writer, keeper_of
from hub.passes.doubts import DoubtfulError, mark
from hub.passes.issue import doubts_about
from hub.registers import store as registers
from hub.registers.field_types import BETWEEN
from hub.registers.rows import RegisterRow

_MINUTE = "%Y-%m-%dT%H:%M"
TRIP_HOURS = 6
"""Between setting out and the return, unless somebody says otherwise."""


class TripForm(PageForm):
    """The form of a one-trip pass."""

    plate = StringField(_("Plate"), [InputRequired(_("Enter the plate.")), Length(max=32)], filters=[stripped])
    driver = StringField(_("Who drives"), [InputRequired(_("Enter who drives.")), Length(max=60)], filters=[stripped])
    shape = SelectField(_("Trip"))
    vehicle_class = SelectField(_("Class"))
    gates = SelectMultipleField(_("Gates"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())
    start = DateTimeLocalField(_("Sets out from"), [InputRequired(_("Enter a time."))], format=[_MINUTE])
    back = DateTimeLocalField(_("Back until"), [InputRequired(_("Enter a time."))], format=[_MINUTE])

    def validate_plate(self, field: StringField) -> None:
        """A plate that a vehicle may carry."""
        if not 0 < len(classify(field.data or "").text) <= 16:
            raise ValidationError(_("Enter a plate of 1 to 16 characters."))

    def validate_start(self, field: DateTimeLocalField) -> None:
        """A time of which a pass can speak."""
        in_years(field, 2000, 8998)

    def validate_back(self, field: DateTimeLocalField) -> None:
        """A vehicle comes back after it sets out."""
        in_years(field, 2000, 8998)
        if field.data and self.start.data and field.data <= self.start.data:
            raise ValidationError(_("The end must be later than the beginning."))


def trip_form(person: RegisterRow | None, row: RegisterRow, *, sent: bool = False) -> TripForm:
    """The form, filled with what is known of the person and the request."""
    form = TripForm(request.form if sent else None)
    rules, settings = policy(), hub().settings.needs
    form.shape.choices = [
        (Shape.OUT.value, gettext("Out and back")),
        (Shape.IN.value, gettext("In and out again")),
    ]
    form.vehicle_class.choices = [(each.id, class_name(each.id)) for each in rules.classes] if rules else []
    form.gates.choices = [(gate, gate_name(gate)) for gate in rules.gates] if rules else []
    if not sent:
        begin = now().astimezone(hub().zone).replace(second=0, microsecond=0, tzinfo=None)
        plates = str(row.values.get("plate") or (person.values.get("plates", "") if person else ""))
        form.plate.data = plates.split(BETWEEN)[0]
        form.driver.data = str(row.values.get("assigned_to", ""))
        form.shape.data = str(row.values.get("trip", Shape.OUT.value))
        form.start.data, form.back.data = begin, begin + timedelta(hours=TRIP_HOURS)
        classes = [each.id for each in rules.classes] if rules else []
        form.vehicle_class.data = (
            settings.vehicle_class if settings.vehicle_class in classes else next(iter(classes), "")
        )
    return form


def issue(connection: Connection, need_id: int, form: TripForm) -> str:
    """Issues the pass that the form asks for, and gives the request's address; `DoubtfulError` undoes it if its doubts were not confirmed."""
    town, plate = hub().opened, form.plate.data or ""
    keeper = keeper_of(connection, store.REQUESTS)
    row = registers.known(connection, town.id, keeper.register, need_id)
    doubts = doubts_about(town, connection, plate, now())
    wanted = Wanted(
        plate=plate,
        vehicle_class=form.vehicle_class.data,
        shape=Shape(form.shape.data),
        gates=form.gates.data or None,
        start=_in_town(form.start.data),
        back=_in_town(form.back.data),
        driver=form.driver.data or "",
    )
    version = row_id(request.form.get("version")) or 0
    issue_trip(town, connection, keeper, row, wanted, as_writer(), version=version, confirmed=doubts)
    if doubts and request.form.get("mark") != mark(doubts):
        raise DoubtfulError(doubts)
    return url_for("needs.show", need_id=need_id)


def _in_town(when: datetime | None) -> datetime:
    return now() if when is None else when.replace(tzinfo=hub().zone)
