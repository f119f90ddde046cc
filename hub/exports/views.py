"""The page of exports, the files that its buttons and those of the lists give, and the exports that take longer.

Up to `SOON` rows a file comes at once; more are written by a process of their own, whose progress the page shows by itself.
Tested in `tests/hub/exports/test_views.py`.
"""

import os
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from hub import generated_files
from hub.accounts import store as users
from hub.accounts.privacy import masked_plates
from hub.accounts.roles import Role
from hub.console.context import (
    Hub,
    chosen_unit,
    hub,
    limit,
    narrowed,
    needs,
    note,
    now,
    open_reading,
    policy,
    reading,
    role,
    user,
)
from hub.console.display import chinese, worded
from hub.console.login import limited_search
from hub.errors import RefusedError
from hub.exports import asked as filters
from hub.exports import files, jobs, lists, register_lists
from hub.exports.jobs import Job, Order, State
from hub.exports.kinds import BRANCH, ListKind, Reader, declared
from hub.exports.runner import Runner
from hub.exports.writer import FORMATS, MIME, SOON, Listing, file_name, title_of
from hub.values.stored import time_of

blueprint = Blueprint("exports", __name__, url_prefix="/exports")
LONGEST_WHY = 500


@blueprint.get("")
@needs(Role.VIEWER)
def every() -> str:
    """The lists that the user may export, and what becomes of the exports that take longer."""
    offered = [
        each for each in (*lists.LISTS.values(), *register_lists.every(reading(), hub().town)) if role().may(each.least)
    ]
    if limit() is not None:
        offered = [each for each in offered if lists.of_branch(each.name)]
    return render_template("exports/list.html", lists=offered, **_jobs())


@blueprint.get("/jobs")
@needs(Role.VIEWER)
def every_job() -> str:
    """The user's exports alone, which the page asks for again while one is written."""
    return render_template("exports/jobs.html", **_jobs())


@blueprint.post("/<list_name>")
@needs(Role.VIEWER)
@limited_search
def make(list_name: str) -> AnyResponse:
    """A list as a file, with the filter of the address; a long one becomes an export of its own, and its page is shown."""
    kind = _kind(list_name)
    format_ = request.form.get("format", "")
    if format_ not in FORMATS:
        abort(HTTPStatus.BAD_REQUEST)
    why = _why(kind)
    asked = filters.read(kind.fields, request.args, hub().zone)
    listing = _listing(kind, asked, unmasked=why is not None)
    rows = listing.question.count(narrowed())
    if rows > SOON:
        order = Order(kind.name, format_, listing.manner.header, {**asked, **_branch()}, why, rows)
        try:
            _begin(order)
        except RefusedError as refused:
            flash(worded(refused.words), "refused")
        else:
            flash(gettext("The export is being written; this page shows how far it is."))
        return redirect(url_for("exports.every"), HTTPStatus.SEE_OTHER)
    with hub().writing.begin() as connection:
        detail: dict[str, str | int | None] = {
            **asked,
            "format": format_,
            "rows": rows,
            "unmasked": why is not None,
            "why": why,
        }
        note(connection, "list exported", kind.name, **detail)
    return _at_once(listing, asked, format_)


@blueprint.post("/jobs/<job_id>/cancel")
@needs(Role.VIEWER)
def cancel(job_id: str) -> AnyResponse:
    """Ends an export that its user wants no more."""
    job = _job_of_user(job_id)
    with hub().writing.begin() as connection:
        cancelled = jobs.cancel(connection, hub().town, job, by=user().id, now=now())
    if cancelled:
        runner().end(job.id)
        flash(gettext("The export is cancelled."))
    return redirect(url_for("exports.every"))


@blueprint.get("/jobs/<job_id>/file")
@needs(Role.VIEWER)
def download(job_id: str) -> AnyResponse:
    """The file of an export that is ready: for who asked for it, as long as the user may still see all that is in it."""
    job = _job_of_user(job_id)
    kind = lists.find(reading(), hub().town, job.what)
    if kind is None or not jobs.may_have(job, user(), kind.least):
        abort(HTTPStatus.FORBIDDEN)
    if (within := limit()) is not None and job.filter.get(BRANCH) != within.id:
        # the account was limited since, or to another branch
        abort(HTTPStatus.FORBIDDEN)
    path = files.path_of(hub().settings.exports, job.id, job.format)
    if job.state_at(now()) is not State.DONE or not path.is_file():
        abort(HTTPStatus.NOT_FOUND)
    with hub().writing.begin() as connection:
        note(connection, "export downloaded", job.what, format=job.format, rows=job.rows_done)
    begun = (time_of(job.begun_at) or now()).astimezone(hub().zone)
    return send_file(
        path, MIME[job.format], as_attachment=True, download_name=file_name(kind, hub().town, begun, job.format),
        max_age=0, etag=False, conditional=False,
    )  # fmt: skip


def register(app: Flask) -> None:
    """Gives the app its exports and the templates the address of a list's export."""
    here: Hub = app.extensions["kakou"]
    app.extensions["kakou-exports"] = Runner(here.settings, here.writing, here.clock)
    app.jinja_env.globals["export_address"] = export_address


def runner() -> Runner:
    """The exports that this console has started."""
    found: Runner = current_app.extensions["kakou-exports"]
    return found


def export_address(name: str) -> str:
    """The address that exports a list as its page shows it now: with the filter of this request."""
    kind = lists.find(reading(), hub().town, name)
    known = {BRANCH, *(each.name for each in kind.fields)} if kind else {BRANCH}
    kept = {each: value for each, value in request.args.items() if each in known and value}
    address = url_for("exports.make", list_name=name)
    return f"{address}?{urlencode(kept)}" if kept else address


def _kind(name: str) -> ListKind:
    kind = lists.find(reading(), hub().town, name)
    if kind is None:
        abort(HTTPStatus.NOT_FOUND)
    if not role().may(kind.least):
        abort(HTTPStatus.FORBIDDEN)
    return kind


def _why(kind: ListKind) -> str | None:
    """Why nothing is to be masked; None if it is."""
    if "why" not in request.form:
        return None
    if not kind.personal or not role().may(Role.SUPERVISOR):
        abort(HTTPStatus.FORBIDDEN)
    why = request.form["why"].strip()
    if not 0 < len(why) <= LONGEST_WHY:
        raise RefusedError("export without masks: expected the reason, which the audit keeps")
    return why


def _job_of_user(job_id: str) -> Job:
    job = jobs.find(reading(), hub().town, job_id)
    if job is None or job.user != user().id:
        abort(HTTPStatus.NOT_FOUND)
    return job


def _listing(kind: ListKind, asked: Mapping[str, str], *, unmasked: bool) -> Listing:
    manner = lists.manner(
        kind, zone=hub().zone, header="zh" if chinese() else "en", role=None if unmasked else role(), policy=policy(),
        names=users.names(reading()),
    )  # fmt: skip
    reader = Reader(hub().town, now(), masked_plates(role()), role(), unmasked, declared(policy()))
    return Listing(kind, kind.ask(asked, reader), manner)


def _branch() -> dict[str, str]:
    """The branch to which the list is narrowed, as a part of its filter."""
    unit = chosen_unit()
    return {} if unit is None else {BRANCH: unit.id}


def _begin(order: Order) -> None:
    """Starts an export; `RefusedError` if there is no room, or too many are written."""
    folder = hub().settings.exports
    runner().settle()
    files.check_room(folder, order.rows)
    id_ = jobs.new_id()
    lock = files.lock(folder, id_)
    assert lock is not None
    try:
        with hub().writing.begin() as connection:
            jobs.begin(connection, hub().town, id_, order, by=user(), now=now())
        runner().start(id_, lock)
    except BaseException:
        files.erase(folder, id_)
        raise
    finally:
        # the process holds it from here on
        os.close(lock)


def _at_once(listing: Listing, asked: Mapping[str, str], format_: str) -> AnyResponse:
    name = file_name(listing.kind, hub().town, now().astimezone(hub().zone), format_)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if format_ == "csv":
        return Response(_csv(open_reading(chosen_unit()), listing), mimetype=MIME["csv"], headers=headers)
    generated_files.folder(hub().settings.exports)
    with TemporaryDirectory(prefix=".soon-", dir=hub().settings.exports) as folder:
        file = Path(folder) / "list.xlsx"
        listing.save(narrowed(), format_, file, title_of(listing, asked, hub().town, now()))
        data = file.read_bytes()
    return Response(data, mimetype=MIME["xlsx"], headers=headers)


def _csv(connection: Connection, listing: Listing) -> Iterator[str]:
    # a connection of its own: the text flows after the request's has been closed
    with connection:
        for _, text in listing.csv(connection):
            yield text


def _jobs() -> dict[str, object]:
    """What the page shows of the user's exports. One that nobody writes any more, as after a restart, is said to have failed."""

    def found() -> list[Job]:
        # not the request's connection, which sees what was there at its first look
        with hub().reading.connect() as connection:
            return jobs.of_user(connection, hub().town, user().id)

    every_ = found()
    if any(each.state == State.RUNNING and not files.is_written(hub().settings.exports, each.id) for each in every_):
        runner().settle()
        every_ = found()
    rows = [(each, each.state_at(now()), lists.find(reading(), hub().town, each.what)) for each in every_]
    return {"rows": rows, "running": any(state is State.RUNNING for _, state, _ in rows)}
