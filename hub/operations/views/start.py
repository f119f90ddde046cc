"""The page that begins an operation: a template is chosen, its decision filled in, and the gates get it.

Tested in `tests/hub/operations/test_views.py`.
"""

from http import HTTPStatus

from flask import render_template, request
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from edge.contract.facts import Disinfection
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, user
from hub.console.display import chinese
from hub.operations import life
from hub.operations.life import Beginning
from hub.operations.views.blueprint import act, blueprint, of_town
from hub.operations.views.forms import StartForm
from hub.operations.views.page import Answer
from hub.town.default_operation import EPIDEMIC, TEMPLATES, default_text, template_named
from hub.town.operation import Rules


@blueprint.get("/start")
@needs(Role.ADMIN)
def choose() -> str:
    """The templates, and the form of the chosen one filled in with what such a decision usually says."""
    name = _named(request.args.get("template"))
    template, language = template_named(name), "zh" if chinese() else "en"
    rules = _rules(name)
    known = {
        "zh": rules.zh,
        "en": rules.en,
        "measures": template.measures.said(language),
        "laws": "\n".join(each.said(language) for each in template.laws),
    }
    return _page(name, StartForm(data=known))


@blueprint.post("/start")
@needs(Role.ADMIN)
def begin() -> Answer:
    """Begins the operation."""
    name, form = _named(request.form.get("template")), StartForm(request.form)
    if not form.validate():
        return _page(name, form), HTTPStatus.BAD_REQUEST
    assert form.ends.data is not None
    ends, chosen = of_town(form.ends.data), form.disinfection.data
    starts = now().replace(microsecond=0) if form.starts.data is None else of_town(form.starts.data)

    def do(connection: Connection) -> str:
        disinfection = Disinfection(chosen) if chosen else None
        made = Beginning(name, form.frame(), starts, ends, form.zh.data, form.en.data, disinfection)
        operation = life.start(hub().opened, connection, made, by=user().id, now=now())
        return str(gettext("Operation %(id)s is recorded, and its rules are published to the gates.", id=operation.id))

    done = act(do, "operation.show")
    return done if isinstance(done, Response) else (_page(name, form, done), HTTPStatus.CONFLICT)


def _named(text: str | None) -> str:
    return text if text in TEMPLATES else EPIDEMIC


def _rules(name: str) -> Rules:
    return Rules.of_text(default_text("2026-01-01T00:00:00Z", template=name))


def _page(name: str, form: StartForm, wrong: str | None = None) -> str:
    language = "zh" if chinese() else "en"
    templates = [
        (each, template_named(each).name.said(language), template_named(each).about.said(language))
        for each in TEMPLATES
    ]
    rules = _rules(name)
    return render_template(
        "operation/start.html",
        form=form,
        wrong=wrong,
        chosen=name,
        templates=templates,
        classes=[each.zh if chinese() else each.en for each in rules.classes],
        agents=[each.zh if chinese() else each.en for each in rules.agents],
        fields=[each.zh if chinese() else each.en for each in rules.fields],
        asked=rules.asked,
    )
