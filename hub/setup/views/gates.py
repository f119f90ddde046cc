"""The step of the gates: each with its names, and its bundle to download once. Tested in `tests/hub/setup/test_views.py`.

On an installed hub the pages cannot read the keys that make gates (`kakou-web.service`): there the page says what to run instead.
"""

import shlex
from http import HTTPStatus

from flask import Response as FlaskResponse
from flask import abort, render_template, request, url_for
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from edge.contract.values import LONGEST_LINE
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.forms import PageForm, stripped
from hub.enrolment.bundle import makes_keys
from hub.enrolment.gates import add_gate, bundle_of
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.setup import store
from hub.setup.store import Step
from hub.setup.views.blueprint import act, blueprint, opened, refused

LONGEST_ID = 32


class GateForm(PageForm):
    """A new gate."""

    gate = StringField(_("Id"), [InputRequired(_("Enter an id.")), Length(max=LONGEST_ID)], filters=[stripped])
    zh = StringField(_("Name in Chinese"), [Length(max=LONGEST_LINE)], filters=[stripped])
    en = StringField(_("Name in English"), [Length(max=LONGEST_LINE)], filters=[stripped])


@blueprint.get("/gates")
@needs(Role.ADMIN)
def show_gates() -> str:
    """The gates that there are, and the form of another."""
    return _page(GateForm())


@blueprint.post("/gates")
@needs(Role.ADMIN)
def add() -> str | Response | tuple[str, int]:
    """Adds a gate."""
    opened()
    form = GateForm(request.form)
    if not form.validate():
        return _page(form), HTTPStatus.BAD_REQUEST
    if not makes_keys(hub().settings):
        return _page(form, lines=_commands(form)), HTTPStatus.CONFLICT
    done = act(lambda connection: _add(connection, form))
    return done if isinstance(done, Response) else (_page(form, done), HTTPStatus.CONFLICT)


@blueprint.post("/gates/done")
@needs(Role.ADMIN)
def gates_done() -> Response:
    """Goes on: more gates can be added at any time, on the command line."""
    opened()
    done = act(lambda _connection: None, Step.GATES)
    return done if isinstance(done, Response) else refused(done, url_for("setup.show_gates"))


@blueprint.post("/gates/<gate_id>/bundle")
@needs(Role.ADMIN)
def bundle(gate_id: str) -> Response:
    """The bundle of a gate: its keys and all. It is made once here, kept in no cache, and its making stands in the audit."""
    opened()
    here = hub()
    known = gates.find(reading(), here.town, gate_id)
    if known is None or known.retired:
        abort(404)
    try:
        with here.writing.begin() as connection:
            store.note_bundle(connection, here.town, gate_id, now())
            data = bundle_of(here.opened, connection, gate_id, by=user().id, now=now()).encode()
    except RefusedError as why:
        return refused(worded(why.words), url_for("setup.show_gates"))
    except OSError:
        abort(HTTPStatus.CONFLICT)
    answer = FlaskResponse(data, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Disposition"] = f"attachment; filename={gate_id}.bundle.json"
    return answer


def _add(connection: Connection, form: GateForm) -> None:
    gate = form.gate.data or ""
    try:
        add_gate(hub().opened, connection, gate, zh=form.zh.data or "", en=form.en.data or "", by=user().id, now=now())
    except OSError as error:
        raise RefusedError("the keys of a gate cannot be written: %(why)s", why=str(error.strerror)) from None


def _commands(form: GateForm) -> list[str]:
    """What to run on the hub, where the pages make no keys."""
    gate, kakou = shlex.quote(form.gate.data or ""), f"sudo kakou-hub --data {shlex.quote(str(hub().settings.folder))}"
    named = [f"--{name} {shlex.quote(value)}" for name in ("zh", "en") if (value := form[name].data)]
    return [
        " ".join([kakou, "gate add", gate, *named]),
        f"umask 077 && {kakou} gate bundle {gate} --out - > {gate}.bundle.json",
    ]


def _page(form: GateForm, wrong: str | None = None, lines: list[str] | None = None) -> str:
    return render_template(
        "setup/gates.html",
        form=form,
        wrong=wrong,
        lines=lines,
        gates=[each for each in gates.every(reading(), hub().town) if not each.retired],
        makes_keys=makes_keys(hub().settings),
        setup=opened(),
        step=Step.GATES,
    )
