"""The step of the town's display: what the pages speak at first, and the time zone. Tested in `tests/hub/setup/test_views.py`."""

from http import HTTPStatus
from zoneinfo import available_timezones

from flask import render_template, request
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import SelectField

from edge.contract.canonical import Json
from hub.accounts import audit
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, user
from hub.console.forms import PageForm
from hub.gates.policy import publish_names
from hub.setup.display import write_display
from hub.setup.store import Step
from hub.setup.views.blueprint import act, blueprint, opened
from hub.town.settings import Settings
from hub.town.town import Town

FIRST = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei")
LANGUAGES = (("zh", "中文"), ("en", "English"))
"""Each in its own words."""


class DisplayForm(PageForm):
    """What the town's pages speak at first, and in which time."""

    language = SelectField(_("Language of the pages"))
    timezone = SelectField(_("Time zone"))


@blueprint.get("/town")
@needs(Role.ADMIN)
def show_town() -> str:
    """The town's display as it is."""
    settings = hub().settings
    return _page(DisplayForm(language=settings.language, timezone=settings.timezone))


@blueprint.post("/town")
@needs(Role.ADMIN)
def set_town() -> str | Response | tuple[str, int]:
    """Writes it into hub.toml; the gates receive the time zone."""
    opened()
    form = _with_zones(DisplayForm(request.form))
    if not form.validate():
        return _page(form), HTTPStatus.BAD_REQUEST
    before = hub().settings

    def do(connection: Connection) -> None:
        settings = write_display(before, language=form.language.data, timezone=form.timezone.data)
        publish_names(Town(settings, hub().opened.key, hub().opened.given), connection, now())
        audit.note(
            connection,
            user=user().id,
            action="display set up",
            object="town",
            detail={"before": _shown(before), "after": _shown(settings)},
            now=now(),
        )

    done = act(do, Step.TOWN)
    return done if isinstance(done, Response) else (_page(form, done), HTTPStatus.CONFLICT)


def _shown(settings: Settings) -> dict[str, Json]:
    return {"language": settings.language, "timezone": settings.timezone}


def _with_zones(form: DisplayForm) -> DisplayForm:
    rest = sorted(each for each in available_timezones() if "/" in each and each not in FIRST)
    form.language.choices = list(LANGUAGES)
    form.timezone.choices = [(each, each) for each in (*FIRST, "UTC", *rest)]
    return form


def _page(form: DisplayForm, wrong: str | None = None) -> str:
    return render_template("setup/town.html", form=_with_zones(form), wrong=wrong, setup=opened(), step=Step.TOWN)
