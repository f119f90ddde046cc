"""The page of the operation: what was decided, how long it lasts, what happened; recording, a longer period, the end.

Tested in `tests/hub/operations/test_views.py`.
"""

from http import HTTPStatus

from flask import render_template, request
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import chinese
from hub.errors import RefusedError
from hub.operations import closing, life, store
from hub.operations.frame import State
from hub.operations.views.blueprint import act, blueprint, of_town, present
from hub.operations.views.forms import EndForm, ExtendForm, FrameForm
from hub.operations.wording import split
from hub.town.default_operation import TEMPLATES, template_named

Answer = str | Response | tuple[str, int]


@blueprint.get("")
@needs(Role.VIEWER)
def show() -> str:
    """The operation as it stands."""
    return _page()


@blueprint.post("/record")
@needs(Role.ADMIN)
def record() -> Answer:
    """Records the decision of the present operation, or corrects it."""
    form = FrameForm(request.form)
    if not form.validate():
        return _page(frame=form), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        life.record(hub().opened, connection, form.frame(), by=user().id, now=now(), template=_template())
        return str(gettext("The decision is recorded."))

    done = act(do, "operation.show")
    return done if isinstance(done, Response) else (_page(frame=form, wrong=done), HTTPStatus.CONFLICT)


@blueprint.post("/extend")
@needs(Role.ADMIN)
def extend() -> Answer:
    """Sets a later end."""
    form = ExtendForm(request.form)
    if not form.validate():
        return _page(extend=form), HTTPStatus.BAD_REQUEST
    assert form.until.data is not None
    until = of_town(form.until.data)

    def do(connection: Connection) -> str:
        life.extend(
            hub().opened,
            connection,
            until,
            number=form.number.data or "",
            reason=form.reason.data or "",
            by=user().id,
            now=now(),
        )
        return str(gettext("The period is longer; the gates get the new end."))

    done = act(do, "operation.show")
    return done if isinstance(done, Response) else (_page(extend=form, wrong=done), HTTPStatus.CONFLICT)


@blueprint.post("/end")
@needs(Role.ADMIN)
def end() -> Answer:
    """Ends the operation."""
    form, operation = EndForm(request.form), present()
    if not form.validate() or not form.confirm(operation.id):
        return _page(end=form), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        life.end(
            hub().opened,
            connection,
            reason=form.reason.data or "",
            number=form.number.data or "",
            by=user().id,
            now=now(),
        )
        return str(gettext("The operation has ended. Vehicles inside may leave."))

    done = act(do, "operation.show")
    if not isinstance(done, Response):
        return _page(end=form, wrong=done), HTTPStatus.CONFLICT
    with hub().writing.begin() as connection:
        closing.make(connection, hub().town, operation.id, zone=hub().settings.timezone, by=user().id, now=now())
    return done


def _template() -> str:
    try:
        named = request.form.get("template", "")
        return named if named in TEMPLATES else ""
    except RefusedError:
        return ""


def _page(
    *,
    frame: FrameForm | None = None,
    extend: ExtendForm | None = None,
    end: EndForm | None = None,
    wrong: str | None = None,
) -> str:
    operation, at = present(), now()
    left = operation.seconds_left(at)
    language = "zh" if chinese() else "en"
    return render_template(
        "operation/show.html",
        operation=operation,
        name=operation.zh if chinese() else operation.en,
        state=operation.state(at),
        State=State,
        overdue=operation.is_overdue(at),
        left=None if left is None else split(left),
        template=template_named(operation.template).name.said(language) if operation.template in TEMPLATES else None,
        history=store.history(reading(), hub().town, operation.id),
        others=[each for each in store.every(reading(), hub().town) if each.id != operation.id],
        open_visits=store.count_open(reading(), hub().town),
        frame=frame or FrameForm(data=operation.frame.as_values()),
        extend=extend or ExtendForm(),
        end=end or EndForm(),
        wrong=wrong,
        at=at,
    )
