"""The page of the audit, and the same rows as a table for a spreadsheet. Tested in `tests/hub/web/test_audit.py`."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateTimeLocalField, SearchField, StringField
from wtforms.validators import Length, Optional, ValidationError

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from edge.contract.unseen import is_plain
from hub.accounts import audit, audit_chain, audit_counts, store
from hub.accounts.failures import NOBODY
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import detail_words, user_name
from hub.console.forms import PageForm, in_years, row_id, stripped
from hub.console.labels import label
from hub.console.times import local
from hub.exports.writing.cells import FORMULA, LONGEST, defused
from hub.exports.writing.csv_text import BOM
from hub.values.visible import short, visible

blueprint = Blueprint("audit", __name__)
ROWS = 50
FIELDS = ("search", "user", "action", "object", "start", "end")
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]
CHANGE = ("before", "after")
REMEMBERED = 4096
"""Words of an export that are remembered."""
SUSPECT = FORMULA | {" "}
COLUMNS: Mapping[str, Any] = {
    "number": _("Number"),
    "at": _("Time"),
    "user": _("User"),
    "name": _("Name"),
    "action": _("Action"),
    "object": _("Object"),
    "detail": _("Detail"),
    "before": _("Before"),
    "after": _("After"),
    "hash": _("Hash"),
}
"""Of the table: for machines by these names, for people by these words."""


class AuditForm(PageForm):
    """What to look for; times are the town's."""

    search = SearchField(_("Object or detail"), [Length(max=200)], filters=[stripped])
    user = StringField(_("User"), [Length(max=64)], filters=[stripped])
    action = StringField(_("Action"), [Length(max=64)], filters=[stripped])
    object = StringField(_("Object begins with"), [Length(max=200)], filters=[stripped])
    start = DateTimeLocalField(_("From"), [Optional()], format=FORMATS)
    end = DateTimeLocalField(_("Until"), [Optional()], format=FORMATS)

    def validate_start(self, field: DateTimeLocalField) -> None:
        """A time that has one in UTC, too."""
        in_years(field)

    def validate_end(self, field: DateTimeLocalField) -> None:
        """A range runs forwards."""
        in_years(field)
        if field.data and self.start.data and field.data <= self.start.data:
            raise ValidationError(_("“Until” must be later than “From”."))

    def asked(self) -> audit.Asked:
        """The rows that the form asks for; only of a form that is valid."""
        return audit.Asked(
            town=hub().town,
            start=_utc(self.start.data),
            end=_utc(self.end.data),
            user=self.user.data or "",
            action=self.action.data or "",
            object=self.object.data or "",
            search=self.search.data or "",
        )


@blueprint.get("/audit")
@needs(Role.SUPERVISOR)
def page() -> str | tuple[str, int]:
    """The page of the audit: who did what, newest first."""
    form = AuditForm(request.args)
    if not form.validate():
        return _page(form, [], None), HTTPStatus.BAD_REQUEST
    notes = audit.page(reading(), form.asked(), before=row_id(request.args.get("before")), limit=ROWS + 1)
    return _page(form, notes[:ROWS], notes[ROWS - 1].number if len(notes) > ROWS else None)


def _page(form: AuditForm, notes: list[audit.Note], older: int | None) -> str:
    kept = {name: value for name in FIELDS if (value := request.args.get(name, "").strip())}
    here, town = url_for("audit.page"), hub()
    asks = bool(kept)
    return render_template(
        "accounts/audit.html",
        form=form,
        notes=notes,
        older=f"{here}?{urlencode({**kept, 'before': older})}" if older else None,
        newest=f"{here}?{urlencode(kept)}" if "before" in request.args else None,
        csv=f"{url_for('audit.export')}?{urlencode(kept)}",
        counts=[] if asks or "before" in request.args else audit_counts.going_on(reading()),
        sound=audit_chain.sound_head(reading(), town.town, town.opened.key.public_key()),
        users=store.every_user(reading()),
        actions=audit.actions(reading(), town.town),
        changes=changes,
    )


@blueprint.get("/export/audit.csv")
@needs(Role.SUPERVISOR)
def export() -> Response | tuple[str, int]:
    """The rows of a search as CSV, oldest first, streamed; who takes them away stands in the audit as well."""
    form = AuditForm(request.args)
    if not form.validate():
        return _page(form, [], None), HTTPStatus.BAD_REQUEST
    asked = form.asked()
    if request.method != "HEAD":
        _note_export(asked)
    machine = request.args.get("header") == "machine"
    name = f"audit-{hub().town}-{now().astimezone(hub().zone):%Y%m%d-%H%M}.csv"
    return Response(
        stream_with_context(_csv(asked, machine=machine)),
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _note_export(asked: audit.Asked) -> None:
    detail: dict[str, Json] = {
        "start": asked.start, "end": asked.end, "user": asked.user, "action": asked.action, "object": asked.object,
        "search": asked.search,
    }  # fmt: skip
    with hub().writing.begin() as connection:
        audit.note(connection, user=user().id, action="audit exported", object="audit.csv", detail=detail, now=now())


def changes(detail: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """What a row says of a change: (field, before, after), None for nothing; empty where it says none."""
    before, after = (detail.get(name) for name in CHANGE)
    before = before if isinstance(before, dict) else {}
    after = after if isinstance(after, dict) else {}
    return [(name, before.get(name), after.get(name)) for name in sorted({*before, *after})]


def _csv(asked: audit.Asked, *, machine: bool) -> Iterator[str]:
    buffer = StringIO()
    out = csv.writer(buffer, lineterminator="\r\n")
    out.writerow(list(COLUMNS) if machine else [str(words) for words in COLUMNS.values()])
    cells = _codes if machine else _Words().cells
    # a look of its own: the text flows after the request's has been closed
    with hub().reading.connect() as connection:
        yield BOM
        for number, each in enumerate(audit.every(connection, asked), start=1):
            out.writerow(_safe(cells(each)))
            if number % 200 == 0:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue()


def _codes(each: audit.Note) -> list[object]:
    detail = {name: value for name, value in each.detail.items() if name not in CHANGE}
    changed = (json.dumps(each.detail.get(name) or {}, ensure_ascii=False, sort_keys=True) for name in CHANGE)
    when = local(each.at)
    return [
        each.number, each.at if when is None else when.isoformat(timespec="milliseconds"), each.user, user_name(each.user),
        each.action, each.object, json.dumps(detail, ensure_ascii=False, sort_keys=True), *changed, each.hash,
    ]  # fmt: skip


class _Words:
    """Rows in the reader's language; what was said in words once is remembered, for there are few different ones."""

    def __init__(self) -> None:
        self._label = lru_cache(maxsize=REMEMBERED)(label)
        self._user = lru_cache(maxsize=REMEMBERED)(
            lambda user: gettext("Nobody signed in") if user == NOBODY else user_name(user)
        )
        self._known = lru_cache(maxsize=REMEMBERED)(detail_words)

    def cells(self, each: audit.Note) -> list[object]:
        """The cells of a row."""
        when, change = local(each.at), changes(each.detail)
        return [
            each.number, each.at if when is None else f"{when:%Y-%m-%d %H:%M:%S}", each.user, self._user(each.user),
            self._label("action", each.action), each.object,
            self._pairs((name, value) for name, value in each.detail.items() if name not in CHANGE),
            self._pairs((name, was) for name, was, _is in change), self._pairs((name, is_) for name, _was, is_ in change), each.hash,
        ]  # fmt: skip

    def _pairs(self, pairs: Iterable[tuple[str, Any]]) -> str:
        return "; ".join(
            f"{self._label('detail', name)}: {self._said(name, value)}"
            for name, value in pairs
            if value not in (None, "")
        )

    def _said(self, name: str, value: Any) -> str:
        # what may be anything (a list of an older version) is no key of a memory; nor is True another key than 1
        return self._known(name, value) if isinstance(value, str) else detail_words(name, value)


def _safe(cells: list[object]) -> list[str]:
    """Cells that no spreadsheet runs, with nothing in them that cannot be seen."""
    texts = ["" if each is None else str(each) for each in cells]
    whole = "".join(texts)
    # one look at the row: nearly every one needs nothing
    if is_plain(whole) and len(whole) < LONGEST and not any(text[:1] in SUSPECT for text in texts if text):
        return texts
    return [short(visible(defused(text)), LONGEST) for text in texts]


def _utc(local_time: datetime | None) -> str:
    return "" if local_time is None else wall_text(local_time.replace(tzinfo=hub().zone))
