"""The pages of the quarantine.

Tested in `tests/hub/quarantine/test_settle.py`.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField
from wtforms.validators import AnyOf, DataRequired, Length

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.forms import PageForm, row_id, stripped
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.ledger import unkept
from hub.quarantine import settle, store
from hub.quarantine.preview import crossings

blueprint = Blueprint("quarantine", __name__, url_prefix="/quarantine")
ROWS = 20
SHOWN_BYTES = 4096


class JudgeForm(PageForm):
    """The form that lets a quarantined message in or dismisses it, with the reason."""

    outcome = StringField(_("What"), [AnyOf(("release", "dismiss"))])
    reason = StringField(
        _("Reason"),
        [DataRequired(_("Say why; it stays in the ledger.")), Length(max=500)],
        filters=[stripped],
    )


@blueprint.get("")
@needs(Role.SUPERVISOR)
def every() -> str:
    """The page of messages that could not be taken into the ledger: why, and the bytes as they came."""
    search = request.args.get("search", "").strip()
    before = row_id(request.args.get("before"))
    found = store.page(reading(), hub().town, search=search, before=before, limit=ROWS + 1)
    rows = [{**row, "raw": as_bytes(row["raw"]), "shown": readable(as_bytes(row["raw"]))} for row in found[:ROWS]]
    older = rows[-1]["id"] if len(found) > ROWS else None
    counts = unkept.every(reading(), hub().town) if before is None else ()
    return render_template(
        "quarantine/every.html",
        rows=rows,
        search=search,
        older=older,
        newest=before is None,
        unkept=counts,
        crossings=crossings,
    )


@blueprint.post("/<int:row>/judge")
@needs(Role.SUPERVISOR)
def judge(row: int) -> AnyResponse:
    """Lets a quarantined message in, or dismisses it: an entry of the hub's own with the reason."""
    form = JudgeForm(request.form)
    if not form.validate():
        abort(400)
    try:
        with hub().writing.begin() as connection:
            settle.judge(
                connection,
                town=hub().town,
                id_=row,
                release=form.outcome.data == "release",
                by=user().id,
                reason=form.reason.data or "",
                keys=gates.keys(connection, hub().town),
                key=hub().opened.key,
                now=now(),
            )
    except RefusedError as refused:
        flash(gettext("Nothing was changed: %(why)s", why=worded(refused.words)), "refused")
    else:
        flash(gettext("It is judged; the reason is in the ledger."))
    return redirect(url_for("quarantine.every"))


def as_bytes(raw: object) -> bytes:
    """A quarantined message's bytes, also where the database holds something else in their place."""
    return raw if isinstance(raw, bytes) else str(raw).encode("utf-8", "replace")


def readable(raw: bytes) -> str:
    """Hostile bytes as something to look at: text where it is text, else hexadecimal; at most 4 KiB of it."""
    head = raw[:SHOWN_BYTES]
    more = f"\n… {len(raw)} bytes" if len(raw) > SHOWN_BYTES else ""
    text = head.decode("utf-8", "ignore" if more else "replace")
    if "\ufffd" in text or not all(character.isprintable() or character in "\n\t" for character in text):
        return head.hex(" ", -2) + more
    return text + more
