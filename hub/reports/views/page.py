"""The page of figures: a range that was asked for, its figures beside charts, and from each number the way to the visits that it counts.

Tested in `tests/hub/reports/test_views.py`.
"""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from flask import render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateTimeLocalField, SelectField
from wtforms.validators import Optional, ValidationError

from edge.contract.facts import Kind
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import chosen_unit, hub, narrowed, needs, now, policy, sees_gate
from hub.console.display import gate_name
from hub.console.forms import PageForm, in_years
from hub.ledger.projections.sums import What
from hub.reports import store
from hub.reports.figures import figures, percentile
from hub.reports.ranges import MOST_DAYS, Range
from hub.reports.views.blueprint import blueprint
from hub.reports.views.links import Links
from hub.reports.views.tables import every_table, facts
from hub.values.stored import said
from hub.visits import presets
from hub.visits.presets import Preset

FIRST_YEAR, LAST_YEAR = 1971, 2199
MINUTE = "%Y-%m-%dT%H:%M"
_FORMATS = [MINUTE, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]


class RangeForm(PageForm):
    """The range whose figures are asked for; times are the town's."""

    start = DateTimeLocalField(_("From"), [Optional()], format=_FORMATS)
    end = DateTimeLocalField(_("Until"), [Optional()], format=_FORMATS)
    gate = SelectField(_("Gate"), default="", validate_choice=False)

    def validate_start(self, field: DateTimeLocalField) -> None:
        """A year that the ledger can hold."""
        in_years(field, FIRST_YEAR, LAST_YEAR)

    def validate_end(self, field: DateTimeLocalField) -> None:
        """A range runs forwards, and is not longer than figures are made for."""
        in_years(field, FIRST_YEAR, LAST_YEAR)
        if not (field.data and self.start.data):
            return
        if field.data <= self.start.data:
            raise ValidationError(_("“Until” must be later than “From”."))
        if field.data - self.start.data > timedelta(days=MOST_DAYS):
            raise ValidationError(
                _("At most %(most)s days; this is %(days)s.", most=MOST_DAYS, days=(field.data - self.start.data).days)
            )


@blueprint.get("/figures")
@needs(Role.VIEWER)
def show() -> str | tuple[str, int]:
    """The figures of a range; without one, of today."""
    form = RangeForm(request.args)
    form.gate.choices = [("", gettext("All")), *((id_, gate_name(id_)) for id_ in _gates())]
    chosen = _chosen()
    if not form.validate():
        return _page(form, None, None), HTTPStatus.BAD_REQUEST
    range_ = _asked(form, chosen)
    if range_.too_long:
        form.start.errors = [
            gettext("At most %(most)s days; this is %(days)s.", most=MOST_DAYS, days=(range_.end - range_.start).days)
        ]
        return _page(form, chosen, None), HTTPStatus.BAD_REQUEST
    form.start.data, form.end.data = (
        at.astimezone(hub().zone).replace(tzinfo=None) for at in (range_.start, range_.end)
    )
    form.start.raw_data = form.end.raw_data = None
    return _page(form, chosen, range_)


def _page(form: RangeForm, chosen: Preset | None, range_: Range | None) -> str:
    return render_template(
        "reports/figures.html",
        form=form,
        chosen=chosen,
        presets=presets.WORDS,
        **({"range": None} if range_ is None else _figures(range_, form.gate.data or None)),
    )


def _figures(range_: Range, gate: str | None) -> dict[str, object]:
    connection, town, zone = narrowed(), hub().town, hub().zone
    totals = store.totals(connection, town, range_, gate)
    bounds = range_.steps(zone)
    batches = store.count_events(
        connection, town, Kind.SOLUTION_PREPARED, wall_text(range_.start), wall_text(range_.end), gate
    )
    unit = chosen_unit()
    links = Links(range_, zone, gate, None if unit is None else unit.id)
    all_ = figures(totals, batches=sum(batches.values()))
    waits = totals.codes(What.WAITED)
    return {
        "range": range_,
        "start_text": range_.start.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        "end_text": range_.end.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        "facts": facts(all_, links, percentile(waits, 0.5), percentile(waits, 0.95)),
        "tables": every_table(
            totals, store.steps(connection, town, range_, bounds, now(), gate), batches, range_, links
        ),
        "inside": store.inside_now(connection, town),
        "solutions": [
            (each, said(each.detail))
            for each in store.events(
                connection, town, Kind.SOLUTION_PREPARED, wall_text(range_.start), wall_text(range_.end), gate=gate
            )
        ],
        "solutions_in_all": sum(batches.values()),
    }


def _chosen() -> Preset | None:
    asked = request.args.get("preset", "")
    if asked in set(Preset):
        return Preset(asked)
    return None if request.args.get("start") or request.args.get("end") else Preset.TODAY


def _asked(form: RangeForm, chosen: Preset | None) -> Range:
    """The range that was asked for. Where no end was given: until the end of this hour, for a gate's clock may be a little fast."""
    connection, zone = narrowed(), hub().zone
    begin: datetime | None
    end: datetime | None
    if chosen is not None:
        rules = policy()
        begin, end = presets.span(
            chosen, connection, hub().opened, now(), operation_starts=rules.operation.starts if rules else None
        )
    else:
        begin, end = (each.data.replace(tzinfo=zone) if each.data else None for each in (form.start, form.end))
    end = end or _end_of_hour(now())
    begin = begin or store.first_hour(connection, hub().town) or end - timedelta(days=1)
    return Range.of(min(begin, end), end)


def _end_of_hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _gates() -> list[str]:
    rules = policy()
    known = [gate for gate in (rules.gates if rules else ()) if sees_gate(gate)]
    asked = request.args.get("gate", "")
    return [*known, asked] if asked and asked not in known else known
