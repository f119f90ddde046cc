"""The ledger's pages: search, one visit with its entries, corrections, unmasking, who is inside, export.

Tested in `tests/hub/web/test_app.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from edge.contract.facts import ClockTrust, Kind, Outcome, ReadBy
from edge.contract.facts import Corrected as CorrectedBody
from edge.contract.plates import classify
from edge.contract.reasons import Reason, Verdict
from edge.contract.records import wall_text
from hub.accounts import store as users
from hub.accounts.privacy import masked_plates, shown
from hub.accounts.roles import Role
from hub.conflicts.judge import judge
from hub.console.context import (
    Hub,
    chosen_unit,
    hub,
    narrowed,
    needs,
    note,
    now,
    open_reading,
    policy,
    reading,
    role,
    sees_gate,
    user,
)
from hub.console.display import chinese, class_name, gate_name, reason_words, verdict_words, wait_words
from hub.console.forms import PageForm, row_id, stripped
from hub.console.labels import LABELS, label
from hub.console.login import limited_search
from hub.console.once import do_once
from hub.console.paging import cursor
from hub.ledger import queries
from hub.ledger.clock import moment
from hub.ledger.clock_sets import clocks_set
from hub.ledger.corrected_times import Corrected, corrected
from hub.ledger.hub_entries import append_own
from hub.persons import store as persons
from hub.pictures import store as pictures
from hub.roster import on_duty
from hub.roster.on_duty import OnDuty
from hub.values.stored import part, said, time_of, wall_of, whole_of
from hub.visits import extra_fields, presets, wording
from hub.visits.export import stream_visits
from hub.visits.presets import Preset
from hub.visits.search import WAITS, SearchForm, address, search_again

blueprint = Blueprint("ledger", __name__)
ROWS = 40
UNMATCHED_HOURS = 24.0
"""Where no policy says otherwise."""
SHOWN_ENTRIES = 40
"""A visit has five or six."""
MOST_ENTRIES = 1000
"""Of one visit that are looked through for declared fields."""
CORRECTABLE = ("plate", "occupants", "origin", "destination", "purpose", "driver", "phone", "remark")


class Says(NamedTuple):
    """The parts of an entry that a visit's page shows besides its bytes: when it was written; who corrected what, and why."""

    wall: str | None
    user: str
    reason: str
    fields: tuple[str, ...]


class CorrectForm(PageForm):
    """One value of a visit set right."""

    field = SelectField(_("What"))
    value = StringField(_("Right value"), [Length(max=200)], filters=[stripped])
    reason = StringField(
        _("Reason"),
        [DataRequired(_("Say why; it stays in the ledger.")), Length(max=500)],
        filters=[stripped],
    )

    def validate_value(self, field: StringField) -> None:
        """A plate fits the column; an empty value says that there is none."""
        if self.field.data == "plate" and len(classify(field.data or "").text) > 16:
            raise ValidationError(_("A plate has at most 16 characters."))


class UnmaskForm(PageForm):
    """Why somebody must see what is masked."""

    why = StringField(
        _("Reason"),
        [DataRequired(_("Say why; it stays in the audit.")), Length(max=500)],
        filters=[stripped],
    )


@blueprint.get("/ledger")
@needs(Role.VIEWER)
@limited_search
def visits() -> str | tuple[str, int]:
    """Visits by what was asked, newest first."""
    form = _search_form()
    if not form.validate():
        page = queries.Page((), None, None)
        return _visits(form, page), HTTPStatus.BAD_REQUEST
    older, newer = cursor(request.args.get("older")), cursor(request.args.get("newer"))
    filter_ = form.filter(hub().zone, whole=masked_plates(role()))
    page = queries.page(narrowed(), hub().town, filter_, older=older, newer=newer, limit=ROWS)
    base, asked = url_for("ledger.visits"), request.args
    links = (
        address(base, asked) if older or newer else None,
        address(base, asked, newer=page.newer) if page.newer else None,
        address(base, asked, older=page.older) if page.older else None,
    )
    rows = [shown(row, role()) for row in page.rows]
    return _visits(form, page, rows, links)


def _visits(
    form: SearchForm,
    page: queries.Page,
    rows: Sequence[queries.VisitRow] = (),
    links: tuple[str | None, str | None, str | None] = (None, None, None),
) -> str:
    back = request.query_string.decode("utf-8", "replace")
    return render_template(
        "visits/visits.html", form=form, page=page, rows=rows, links=links, back=back, presets=presets.WORDS
    )


@blueprint.get("/visits/<visit_id>")
@needs(Role.VIEWER)
def visit(visit_id: str) -> str:
    """One visit: its columns, masked; its entries and their place in the chain."""
    return _visit(visit_id)


@blueprint.post("/visits/<visit_id>/unmask")
@needs(Role.SUPERVISOR)
def unmask(visit_id: str) -> str | tuple[str, int]:
    """The page of a visit with nothing masked, once, for a reason that the audit keeps."""
    form = UnmaskForm(request.form)
    if not form.validate():
        return _visit(visit_id, unmask=form), HTTPStatus.BAD_REQUEST
    _row(visit_id)
    with hub().writing.begin() as connection:
        note(connection, "visit unmasked", f"visits/{visit_id}", reason=form.why.data)
    return _visit(visit_id, masked=False)


@blueprint.post("/visits/<visit_id>/correct")
@needs(Role.OFFICER)
def correct(visit_id: str) -> str | AnyResponse | tuple[str, int]:
    """Appends the hub's own `corrected` entry: what the gate recorded stays as it is."""
    form = _correct_form()
    row = _row(visit_id)
    if not form.validate():
        return _visit(visit_id, correct=form), HTTPStatus.BAD_REQUEST
    name, value = form.field.data, form.value.data or ""
    if name == "plate":
        value = classify(value).text
    opened = queries.entries_of(reading(), hub().town, visit_id, limit=1)[0]

    def do(connection: Connection) -> str:
        appended = append_own(
            connection,
            town=hub().town,
            kind=Kind.CORRECTED,
            visit=visit_id,
            body=CorrectedBody(user=user().id, reason=form.reason.data or "", entry=opened.id),
            private={name: value},
            at=moment(now()),
            key=hub().opened.key,
        )
        before = [row["plate"]] if row["plate"] else []
        judge(connection, hub().town, appended.visits, plates=before, key=hub().opened.key, now=now())
        note(connection, "visit corrected", f"visits/{visit_id}", field=name, reason=form.reason.data)
        return url_for("ledger.visit", visit_id=visit_id, back=request.args.get("back"))

    with hub().writing.begin() as connection:
        there = do_once(connection, lambda: do(connection))
    flash(gettext("The correction is in the ledger."))
    return redirect(there)


@blueprint.get("/inside")
@needs(Role.VIEWER)
@limited_search
def inside() -> str:
    """The page of vehicles inside now, longest first; those whose exit was probably not recorded stand apart."""
    search = request.args.get("search", "").strip()
    after = cursor(request.args.get("after"))
    rows, following = queries.inside_now(
        narrowed(), hub().town, search=search, whole=masked_plates(role()), after=after, limit=ROWS
    )
    counts = queries.inside_counts(narrowed(), hub().town)
    rules = policy()
    hours = rules.unmatched_hours if rules else UNMATCHED_HOURS
    before = wall_text(now() - timedelta(hours=hours))
    return render_template(
        "visits/inside.html",
        groups=[
            [shown(row, role()) for row in rows if str(row["since"]) < before],
            [shown(row, role()) for row in rows if str(row["since"]) >= before],
        ],
        hours=hours,
        unmatched=queries.unmatched(narrowed(), hub().town, before),
        search=search,
        following="~".join(map(str, following)) if following else None,
        first=after is None,
        counts=counts,
        total=sum(counts.values()),
    )


@blueprint.route("/export/visits.csv", methods=["GET", "POST"])
@needs(Role.VIEWER)
@limited_search
def visits_csv() -> Response | tuple[str, int]:
    """The visits of a search as CSV, streamed. Masked; whole only by a POST with a reason, for who may."""
    form = _search_form()
    if not form.validate():
        return _visits(form, queries.Page((), None, None)), HTTPStatus.BAD_REQUEST
    why = UnmaskForm(request.form)
    unmasked = request.method == "POST"
    if unmasked and not role().may(Role.SUPERVISOR):
        abort(403)
    if unmasked and not why.validate():
        abort(400)
    filter_ = _of_preset(form.filter(hub().zone, whole=masked_plates(role())))
    asked = {name: getattr(filter_, name) for name in filter_.__slots__}
    with hub().writing.begin() as connection:
        note(connection, "visits exported", "visits.csv", unmasked=unmasked, why=why.why.data or None, **asked)
    language: wording.Language = "zh" if chinese() else "en"
    said_in = wording.words(language, policy(), users.names(reading()))
    name = f"visits-{hub().town}-{now().astimezone(hub().zone):%Y%m%d-%H%M}.csv"
    return Response(
        _csv(hub(), open_reading(chosen_unit()), filter_, language, None if unmasked else role(), said_in),
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _of_preset(filter_: queries.Filter) -> queries.Filter:
    """The filter with the times of the button that was pressed, if one was."""
    asked = request.args.get("preset", "")
    if asked not in set(Preset):
        return filter_
    rules = policy()
    starts = rules.operation.starts if rules else None
    begin, end = presets.span(Preset(asked), reading(), hub().opened, now(), operation_starts=starts)
    return replace(filter_, start="" if begin is None else wall_text(begin), end="" if end is None else wall_text(end))


def _csv(
    here: Hub,
    connection: Connection,
    filter_: queries.Filter,
    header: wording.Language,
    reader: Role | None,
    words: wording.Words,
) -> Iterator[str]:
    # a connection of its own: the text flows after the request's has been closed
    with connection:
        conditions = queries.conditions(here.town, filter_)
        yield from stream_visits(connection, conditions, zone=here.zone, header=header, role=reader, words=words)


def _row(visit_id: str) -> queries.VisitRow:
    row = queries.visit(reading(), hub().town, visit_id)
    if row is None:
        abort(404)
    return row


def _on_duty(row: queries.VisitRow) -> OnDuty | None:
    """Who was on duty at the gate when the vehicle came, for those who may see the roster; None where that is not known."""
    at = time_of(row["opened_at"])
    return None if at is None or not role().may(Role.OFFICER) else on_duty.at(reading(), hub().town, row["gate"], at)


def _visit(
    visit_id: str,
    *,
    masked: bool = True,
    correct: CorrectForm | None = None,
    unmask: UnmaskForm | None = None,
) -> str:
    row, after = _row(visit_id), row_id(request.args.get("after")) or 0
    found = queries.entries_of(reading(), hub().town, visit_id, SHOWN_ENTRIES + 1, after)
    entries = found[:SHOWN_ENTRIES]
    return render_template(
        "visits/visit.html",
        crumb=search_again(url_for("ledger.visits"), request.args.get("back", "")),
        back=request.args.get("back"),
        row=shown(row, role()) if masked else row,
        extra=_extra(visit_id, masked=masked),
        field_words=_field_words,
        entries=[(entry, _says(entry)) for entry in entries],
        count=queries.count_entries(reading(), hub().town, visit_id),
        first_page=not after,
        following=entries[-1].id if len(found) > SHOWN_ENTRIES else None,
        right=_right_times(row, entries),
        on_duty=_on_duty(row),
        masked=masked,
        correct=correct or _correct_form(),
        unmask=unmask or UnmaskForm(),
        picture=pictures.asked(reading(), hub().town, visit_id),
        taken=pictures.taken(reading(), hub().town, visit_id) is not None,
        look="look" in request.args,
        owners=persons.owners(reading(), hub().town, row["plate"]) if role().may(Role.OFFICER) else [],
        visit_id=visit_id,
        now=now(),
    )


def _extra(visit_id: str, *, masked: bool) -> list[tuple[str, str]]:
    """The values of the fields that the operation declares, under the words of the page's language."""
    privates = [entry.private for entry in queries.entries_of(reading(), hub().town, visit_id, MOST_ENTRIES)]
    values = extra_fields.values_of(privates)
    return [
        (zh if chinese() else en, text) for _id, zh, en, text in extra_fields.shown(policy(), values, masked=masked)
    ]


def _field_words(name: str) -> str:
    rules = policy()
    field = rules.field_named(name) if rules else None
    return label("field", name) if field is None else field.zh if chinese() else field.en


def _says(entry: queries.Entry) -> Says:
    value = said(entry.raw)
    body, wall = part(value, "body"), part(value, "at").get("wall")
    return Says(
        wall if wall is None else str(wall),
        str(body.get("user", "")),
        str(body.get("reason", "")),
        tuple(part(value, "commitments")),
    )


def _right_times(row: queries.VisitRow, entries: Sequence[queries.Entry]) -> dict[int, Corrected]:
    """By entry: the time that it really was, where its gate did not know and a `clock_set` gives it."""
    at = {entry.id: part(said(entry.raw), "at") for entry in entries}
    if all(each.get("clock") == ClockTrust.SYNCED and wall_of(each.get("wall")) for each in at.values()):
        return {}
    moments = [(each.get("boot"), whole_of(each.get("mono_ms"))) for each in at.values()]
    known = [(boot, mono_ms) for boot, mono_ms in moments if isinstance(boot, str) and mono_ms is not None]
    sets = clocks_set(reading(), hub().town, row["gate"], known)
    found = {id_: corrected(each, sets) for id_, each in at.items()}
    return {id_: each for id_, each in found.items() if each is not None}


def _correct_form() -> CorrectForm:
    form = CorrectForm(request.form if request.endpoint == "ledger.correct" else None)
    rules = policy()
    names = (*CORRECTABLE, *(each.id for each in (rules.fields if rules else ())))
    form.field.choices = [(name, _field_words(name)) for name in names]
    return form


def _search_form() -> SearchForm:
    form = SearchForm(request.args)
    rules = policy()
    choices = {
        "gate": [(gate, gate_name(gate)) for gate in (rules.gates if rules else ()) if sees_gate(gate)],
        "direction": [(code, label("direction", code)) for code in LABELS["direction"]],
        "outcome": [(code, label("outcome", code)) for code in (*Outcome, queries.OPEN)],
        "reason": [(code.value, reason_words(code)) for code in Reason],
        "read_by": [(code.value, label("read_by", code)) for code in ReadBy],
        "vehicle_class": [
            *((each.id, class_name(each.id)) for each in (rules.classes if rules else ())),
            (queries.NONE, gettext("No class")),
        ],
        "verdict": [(code.value, verdict_words(code)) for code in Verdict],
        "disinfected": [(code, label("disinfected", code)) for code in LABELS["disinfected"]],
        "only": [(code, label("only", code)) for code in LABELS["only"]],
        "waited": [(code, wait_words(above, at_most)) for code, above, at_most in WAITS],
    }
    form.offer(choices, gettext("All"))
    return form
