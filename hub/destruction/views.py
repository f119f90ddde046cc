"""The page of an operation's lawful end: what becomes of each part, what would go, two admins, how far it is, the signed report.

Tested in `tests/hub/destruction/test_views.py`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.forms import stripped
from hub.console.once import do_once
from hub.console.register_words import named
from hub.destruction import at_gates, decisions, ended, paper, plan, progress, report, requests, run, start
from hub.destruction.decisions import Decision
from hub.destruction.parts import Choice
from hub.destruction.steps import STEPS
from hub.errors import RefusedError
from hub.gates.policy import rules_in_force
from hub.registers import catalogue

blueprint = Blueprint("destruction", __name__, url_prefix="/operation/destruction")
MOST_ID = 40
EMPTIES = {"Clear-Site-Data": '"cache"'}
"""Has a browser forget the pages that it keeps."""


@blueprint.get("")
@needs(Role.ADMIN)
def page() -> Response:
    """The whole of it, as it stands; nothing is changed by looking."""
    at, connection = now(), reading()
    rules = rules_in_force(hub().opened, connection)
    of = requests.newest(connection, hub().town)
    found = plan.plan(connection, hub().settings, rules.id, at)
    text = render_template(
        "destruction/page.html",
        plan=found,
        rules=rules,
        over=ended.ended(rules, at),
        of=of,
        waits=of is not None and of.waits(at),
        mine=of is not None and of.requested_by == user().id,
        past=decisions.past_date(connection, hub().town, at),
        brought_back=at_gates.undone(connection, hub().town),
        undecided=[each for each in found.parts if each.decision is None],
        steps=list(STEPS),
        done=progress.read(connection, hub().town, of.id) if of else {},
        running=run.is_running(hub().settings.run),
        receipts=at_gates.receipts(connection, hub().town, of.id, at) if of else [],
        versions=report.versions(connection, hub().town, of.id) if of else [],
        words=_words(connection),
        choices=[each.value for each in Choice],
    )
    return Response(text, mimetype="text/html", headers=EMPTIES)


def _words(connection: Connection) -> Callable[[str], str]:
    """What the page calls a part, a table or a step: a register by its name."""
    registers = {
        f"register:{each.register.id}": named(each.register) for each in catalogue.every(connection, hub().town)
    }
    return lambda name: registers.get(name) or paper.words_of(name, _language())


@blueprint.post("/decide")
@needs(Role.ADMIN)
def decide() -> AnyResponse:
    """Decides of one part, or of every part that nobody has decided of."""

    def do(connection: Connection) -> str:
        part, choice = request.form.get("part", "")[:MOST_ID], request.form.get("choice", "")
        if choice not in {each.value for each in Choice}:
            raise RefusedError("part %(part)s: expected what becomes of it", part=part)
        operation = rules_in_force(hub().opened, connection).id
        names = [part] if part else decisions.undecided(connection, hub().town, operation)
        for name in names:
            said = Decision(name, Choice(choice), stripped(request.form.get("reason")), _until())
            decisions.decide(
                connection,
                town=hub().town,
                operation=operation,
                decision=said,
                by=user().id,
                key=hub().opened.key,
                now=now(),
            )
        return url_for("destruction.page")

    return _do(do, gettext("It is decided, and stands in the ledger."))


def _until() -> str | None:
    """Until when: the end of that day in the town."""
    text = request.form.get("until", "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
        return wall_text(datetime.combine(day, time(), hub().zone).astimezone(UTC))
    except (ValueError, OverflowError):
        raise RefusedError("until: expected a day, found %(text)r", text=text[:MOST_ID]) from None


@blueprint.post("/request")
@needs(Role.ADMIN)
def ask() -> AnyResponse:
    """Asks for the destruction."""

    def do(connection: Connection) -> str:
        requests.request(
            connection, town=hub().town, rules=rules_in_force(hub().opened, connection), by=user().id, now=now()
        )
        return url_for("destruction.page")

    return _do(do, gettext("Another admin confirms it now, within a day."))


@blueprint.post("/<destruction_id>/confirm")
@needs(Role.ADMIN)
def confirm(destruction_id: str) -> AnyResponse:
    """Confirms it, and starts it."""

    def do(connection: Connection) -> str:
        rules = rules_in_force(hub().opened, connection)
        requests.confirm(connection, town=hub().town, rules=rules, id_=destruction_id, by=user().id, now=now())
        return url_for("destruction.page")

    answer = _do(do, gettext("It is confirmed, and has begun."))
    _start_if_confirmed(destruction_id)
    return answer


@blueprint.post("/<destruction_id>/go-on")
@needs(Role.ADMIN)
def go_on(destruction_id: str) -> AnyResponse:
    """Goes on with one that was cut off."""
    _start_if_confirmed(destruction_id)
    flash(gettext("It goes on where it stood."))
    return redirect(url_for("destruction.page"))


def _start_if_confirmed(id_: str) -> None:
    with hub().reading.connect() as connection:
        of = requests.newest(connection, hub().town)
    if of is not None and of.id == id_ and of.state == "confirmed" and not run.is_running(hub().settings.run):
        start.start(hub().settings)


@blueprint.post("/<destruction_id>/cancel")
@needs(Role.ADMIN)
def cancel(destruction_id: str) -> AnyResponse:
    """Takes a request back."""

    def do(connection: Connection) -> str:
        requests.cancel(connection, town=hub().town, id_=destruction_id, by=user().id, now=now())
        return url_for("destruction.page")

    return _do(do, gettext("The request is taken back; nothing was destroyed."))


@blueprint.post("/<destruction_id>/report")
@needs(Role.ADMIN)
def make(destruction_id: str) -> AnyResponse:
    """Makes another version of the report, if a receipt has come since the last."""

    def do(connection: Connection) -> str:
        if requests.known(connection, hub().town, destruction_id).state != "done":
            raise RefusedError("destruction %(id)s: there is no such report", id=destruction_id)
        report.keep(connection, hub().opened, destruction_id, now())
        return url_for("destruction.page")

    return _do(do, gettext("The newest report holds every receipt that has come."))


@blueprint.get("/<destruction_id>/report.json")
@needs(Role.ADMIN)
def as_data(destruction_id: str) -> Response:
    """The newest report as data, signed."""
    found = report.known(reading(), hub().town, destruction_id)
    text = found.text(report.key_of(hub().opened))
    return _file(text.encode(), "application/json", f"destruction-{found.version}.json")


@blueprint.get("/<destruction_id>/report.pdf")
@needs(Role.ADMIN)
def on_paper(destruction_id: str) -> Response:
    """The newest report on paper, in the page's language."""
    found = report.known(reading(), hub().town, destruction_id)
    data = paper.pdf(found, report.key_of(hub().opened), _language(), hub().zone)
    return _file(data, "application/pdf", f"destruction-{found.version}.pdf")


def _language() -> str:
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"


def _file(data: bytes, media: str, name: str) -> Response:
    return Response(data, mimetype=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _do(do: Callable[[Connection], str], said: str) -> AnyResponse:
    try:
        with hub().writing.begin() as connection:
            do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
        return redirect(url_for("destruction.page"), HTTPStatus.SEE_OTHER)
    flash(said)
    return redirect(url_for("destruction.page"), HTTPStatus.SEE_OTHER)
