"""The pages of backups: the list, making one now, taking one away, the schedule, the guide to restoring. Tested in `tests/hub/backup/test_views.py`."""

import sys
from pathlib import Path

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as AnyResponse
from wtforms import HiddenField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from edge.contract.canonical import fingerprint, public_hex
from hub.accounts import audit
from hub.accounts.roles import Role
from hub.backup import asking, key, listing
from hub.console.context import hub, needs, note, now, reading, user
from hub.console.display import worded
from hub.console.forms import PageForm
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.town import settings_file
from hub.town.settings import Settings, fresh_backup

blueprint = Blueprint("backups", __name__, url_prefix="/backups")
MOST_HOURS, MOST_KEPT = 24 * 31, 1000


class ScheduleForm(PageForm):
    """When backups are made, and how many stay; with what the page showed, so that nobody overwrites what another set."""

    hours = IntegerField(
        _("Every how many hours (0: never)"), [InputRequired(_("Give a number of hours.")), NumberRange(0, MOST_HOURS)]
    )
    keep = IntegerField(
        _("How many of the newest stay"), [InputRequired(_("Give a number of backups.")), NumberRange(1, MOST_KEPT)]
    )
    hours_before = HiddenField()
    keep_before = HiddenField()


def _settings() -> Settings:
    """The settings with the schedule as hub.toml has it now."""
    settings = hub().settings
    return settings.model_copy(update={"backup": fresh_backup(settings)})


@blueprint.get("")
@needs(Role.ADMIN)
def every() -> str:
    """The list, the present work, the schedule."""
    return _page(_form())


def _form() -> ScheduleForm:
    at = _settings().backup
    return ScheduleForm(data={"hours": at.hours, "keep": at.keep, "hours_before": at.hours, "keep_before": at.keep})


def _page(form: ScheduleForm) -> str:
    return render_template("backup/list.html", form=form, served=asking.is_served(hub().settings.run), **_state())


@blueprint.get("/state")
@needs(Role.ADMIN)
def state() -> str:
    """The list and the present work alone, asked again and again while one is made."""
    return render_template("backup/state.html", **_state())


def _state() -> dict[str, object]:
    settings = _settings()
    work = asking.work(settings.run, now())
    return {
        "rows": listing.every(reading(), settings),
        "folder": listing.folder(settings),
        "work": work,
        "says": asking.WORDS.get(work.stage),
        "busy": work.stage in (asking.Stage.ASKED, asking.Stage.RUNNING),
        "key": key.text_if_readable(settings),
        "sqlite": settings.database.url is None,
        "settings": settings,
    }


@blueprint.post("/make")
@needs(Role.ADMIN)
def make() -> AnyResponse:
    """Asks for a backup."""

    def ask() -> str:
        settings = _settings()
        if key.text_if_readable(settings) is None:
            raise RefusedError("there is no key to encrypt backups to: kakou-hub backup-key new makes one")
        if settings.database.url is not None:
            raise RefusedError("a PostgreSQL ledger is backed up with its own tools (pg_dump)")
        note(connection, "backup asked for", "backups")
        asking.ask(settings, user().id, now())
        return url_for("backups.every")

    try:
        with hub().writing.begin() as connection:
            address = do_once(connection, ask)
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
        return redirect(url_for("backups.every"))
    flash(gettext("The backup is asked for: this page shows when it is there."))
    return redirect(address)


@blueprint.post("/schedule")
@needs(Role.ADMIN)
def schedule() -> AnyResponse | tuple[str, int]:
    """Sets hours and number in hub.toml."""
    form = ScheduleForm(request.form)
    if not form.validate():
        return _page(form), 400
    hours, keep = form.hours.data, form.keep.data
    assert hours is not None
    assert keep is not None
    before = {"backup.hours": _number(form.hours_before), "backup.keep": _number(form.keep_before)}
    try:
        # the row first: what is written into the file is in the audit, or is not written
        with hub().writing.begin() as connection:
            changed = audit.changed(
                {"hours": before["backup.hours"], "keep": before["backup.keep"]}, {"hours": hours, "keep": keep}
            )
            audit.note(
                connection, user=user().id, action="backups scheduled", object="hub.toml", detail=changed, now=now()
            )
            settings_file.change(hub().settings.folder, before, {"backup.hours": hours, "backup.keep": keep})
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
    else:
        flash(gettext("The schedule is set."))
    return redirect(url_for("backups.every"))


def _number(field: HiddenField) -> int:
    text = str(field.data or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


@blueprint.get("/file/<backup_name>")
@needs(Role.ADMIN)
def download(backup_name: str) -> Response:
    """The file itself, encrypted as it lies there; who took it away stands in the audit."""
    file = listing.file_of(_settings(), backup_name)
    with hub().writing.begin() as connection:
        note(connection, "backup downloaded", "backups", file=file.name)
    return send_file(
        file, mimetype="application/octet-stream", as_attachment=True, download_name=file.name, conditional=False
    )


@blueprint.get("/restore")
@needs(Role.ADMIN)
def guide() -> str:
    """How this hub is restored: the commands as they are for it, to be printed and kept."""
    settings = _settings()
    rows = [each for each in listing.every(reading(), settings) if each.there]
    return render_template(
        "backup/guide.html",
        settings=settings,
        newest=listing.folder(settings) / (rows[0].file if rows else "FILE"),
        made=rows[0] if rows else None,
        program=Path(sys.prefix) / "bin" / "kakou-hub",
        again=settings.folder.with_name(f"{settings.folder.name}-restored"),
        fingerprint=fingerprint(public_hex(hub().opened.key)),
        key=key.text_if_readable(settings),
        served=asking.is_served(settings.run),
    )
