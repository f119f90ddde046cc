"""The pages of the rules: what holds, every version, a form for each part, what would change at the gates, publishing.

1. `edit` shows a form of one part, with the digest of the text that it was opened with.
2. `preview` makes the new text and says in words what changes at which gates; nothing is written yet.
3. `publish` writes and publishes it, unless somebody changed the rules meanwhile: then the page says what.

Tested in `tests/hub/operations/test_rule_views.py`.
"""

from http import HTTPStatus

from flask import abort, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import gate_name
from hub.console.forms import row_id
from hub.console.labels import label
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.operations import editing, rules_file
from hub.operations.editing import Edit, MeanwhileError
from hub.operations.frame import LONGEST_REASON
from hub.operations.rule_changes import Change, Part, compare
from hub.operations.rules_file import Version
from hub.operations.views.blueprint import act, blueprint, present, refusal
from hub.operations.views.page import Answer
from hub.operations.views.rule_forms import FORMS, NAMES, HeadForm, NewClassForm, PartForm, same
from hub.operations.views.words import PARTS, words_of
from hub.town.default_operation import ASKABLE
from hub.town.operation import Rules
from hub.town.town import Town

ROWS = 20
NEW = "new"
TEXT = "text"


@blueprint.get("/rules")
@needs(Role.OFFICER)
def rules() -> str:
    """What holds, and the versions that were published."""
    text = _text_now()
    found = Rules.of_text(text)
    before = row_id(request.args.get("older"))
    kept = rules_file.versions(reading(), hub().town, before=before, limit=ROWS + 1)
    newest = rules_file.newest(reading(), hub().town)
    return render_template(
        "operation/rules.html",
        rules=found,
        versions=[(each, _sound(each)) for each in kept[:ROWS]],
        older=url_for("operation.rules", older=kept[ROWS - 1].number) if len(kept) > ROWS else None,
        first=before is None,
        by_hand=newest is not None and newest.text != text,
        hand_changes=words_of(compare(Rules.of_text(newest.text), found)) if newest and newest.text != text else [],
        base=rules_file.digest(text),
        operation=present(),
        parts=PARTS,
        Part=Part,
        names=NAMES,
    )


@blueprint.get("/rules/edit")
@needs(Role.ADMIN)
def edit() -> str:
    """The form of one part: `part`, and the number of a block or `new`; `part=text`: the whole file."""
    text = _text_now()
    if request.args.get("part") == TEXT:
        return _text_page(text, rules_file.digest(text))
    part, number = _asked(request.args.get("part"), request.args.get("number"))
    found = Rules.of_text(text)
    form = _form(part, number)
    _offer(form)
    if number is not None or part is Part.HEAD:
        form.fill(_block(found, part, number))
    return _edit_page(form, part, number, found, rules_file.digest(text))


@blueprint.post("/rules/preview")
@needs(Role.ADMIN)
def preview() -> Answer:
    """What would change at the gates."""
    base = request.form.get("base", "")
    if request.form.get("part") == TEXT:
        return _preview_of_text(request.form.get("text", "").replace("\r\n", "\n"), base)
    if request.form.get("part") == "version":
        return _preview_of_version(base)
    part, number = _asked(request.form.get("part"), request.form.get("block"))
    form = _form(part, number, posted=True)
    _offer(form)
    removing = bool(request.form.get("remove")) and number is not None
    found = Rules.of_text(_text_now())
    if not removing and not form.validate():
        return _edit_page(form, part, number, found, base), HTTPStatus.BAD_REQUEST
    try:
        text = editing.check_base(_town(), reading(), base)
        values = None if removing else same(part, found, number, form.values())
        new = editing.edited(text, Edit(part, number, values))
        changes = editing.changes_of(text, new)
    except MeanwhileError as error:
        return _meanwhile(error), HTTPStatus.CONFLICT
    except RefusedError as error:
        return _edit_page(form, part, number, found, base, refusal(error)), HTTPStatus.BAD_REQUEST
    return _preview_page(new, base, changes)


@blueprint.post("/rules/publish")
@needs(Role.ADMIN)
def publish() -> Answer:
    """Publishes what was previewed."""
    text, base = request.form.get("text", "").replace("\r\n", "\n"), request.form.get("base", "")
    again = row_id(request.form.get("again"))
    met: list[MeanwhileError] = []

    def do(connection: Connection) -> str:
        try:
            made = editing.publish(
                _town(),
                connection,
                text,
                base=base,
                why=request.form.get("why", ""),
                by=user().id,
                now=now(),
                again=again,
            )
        except MeanwhileError as error:
            met.append(error)
            raise
        return str(gettext("Published to the gates as version %(version)s.", version=made.version))

    done = act(do, "operation.rules")
    if isinstance(done, Response):
        return done
    if met:
        return _meanwhile(met[0], text, base), HTTPStatus.CONFLICT
    try:
        changes = editing.changes_of(_text_now(), text)
    except RefusedError:
        changes = []
    return _preview_page(text, base, changes, again, done), HTTPStatus.CONFLICT


@blueprint.get("/rules/versions/<int:rules_version>")
@needs(Role.OFFICER)
def version(rules_version: int) -> str:
    """A version: its text, what it changed, and if the hub's signature holds."""
    found = _version(rules_version)
    before = rules_file.numbered(reading(), hub().town, rules_version - 1) if rules_version > 1 else None
    changes = [] if before is None else compare(Rules.of_text(before.text), Rules.of_text(found.text))
    newest = rules_file.newest(reading(), hub().town)
    return render_template(
        "operation/version.html",
        kept=found,
        sound=_sound(found),
        changes=words_of(changes),
        before=before,
        newest=newest is not None and newest.number == found.number,
        base=rules_file.digest(_text_now()),
    )


def _preview_of_text(text: str, base: str) -> Answer:
    try:
        changes = editing.changes_of(editing.check_base(_town(), reading(), base), text)
    except MeanwhileError as error:
        return _meanwhile(error, text, base), HTTPStatus.CONFLICT
    except RefusedError as error:
        return _text_page(text, base, refusal(error)), HTTPStatus.BAD_REQUEST
    return _preview_page(text, base, changes)


def _preview_of_version(base: str) -> Answer:
    found = _version(row_id(request.form.get("number")) or 0)
    try:
        text = editing.check_base(_town(), reading(), base)
        new = editing.former_text(found, text)
        changes = editing.changes_of(text, new)
    except MeanwhileError as error:
        return _meanwhile(error), HTTPStatus.CONFLICT
    return _preview_page(new, base, changes, found.number)


def _version(number: int) -> Version:
    found = rules_file.numbered(reading(), hub().town, number) if 0 < number < 2**31 else None
    if found is None:
        abort(404)
    return found


def _town() -> Town:
    return hub().opened


def _text_now() -> str:
    return rules_file.holding_text(_town())


def _asked(part: str | None, number: str | None) -> tuple[Part, int | None]:
    if part not in set(Part):
        abort(404)
    if part == Part.HEAD or number == NEW:
        return Part(part), None
    found = row_id(number)
    if found is None or found >= len(getattr(Rules.of_text(_text_now()), part)):
        abort(404)
    return Part(part), found


def _block(found: Rules, part: Part, number: int | None) -> Rules:
    return found if part is Part.HEAD else getattr(found, part)[number]


def _form(part: Part, number: int | None, *, posted: bool = False) -> PartForm:
    kind = NewClassForm if part is Part.CLASSES and number is None else FORMS[part]
    return kind(request.form if posted else None)


def _offer(form: PartForm) -> None:
    known = gates.infos(reading(), hub().town)
    form.offer([(gate, gate_name(gate)) for gate in known])
    if isinstance(form, HeadForm):
        form.asked.choices = [(name, label("field", name)) for name in ASKABLE]


def _sound(version: Version) -> bool:
    return version.signed_by(hub().town, _town().key.public_key())


def _edit_page(
    form: PartForm, part: Part, number: int | None, found: Rules, base: str, wrong: str | None = None
) -> str:
    block = None if number is None else _block(found, part, number)
    return render_template(
        "operation/edit.html", form=form, of=part, number=NEW if number is None else number, block=block, base=base, wrong=wrong, parts=PARTS
    )  # fmt: skip


def _text_page(text: str, base: str, wrong: str | None = None) -> str:
    return render_template("operation/text.html", text=text, base=base, wrong=wrong)


def _preview_page(
    text: str, base: str, changes: list[Change], again: int | None = None, wrong: str | None = None
) -> str:
    return render_template(
        "operation/preview.html", text=text, base=base, changes=words_of(changes), again=again, wrong=wrong, longest=LONGEST_REASON
    )  # fmt: skip


def _meanwhile(error: MeanwhileError, text: str | None = None, base: str = "") -> str:
    """What somebody else changed, and what this form would have changed."""
    then = rules_file.of_digest(reading(), hub().town, base) if text is not None else None
    mine = compare(Rules.of_text(then.text), Rules.of_text(text)) if then is not None and text is not None else []
    newest = rules_file.newest(reading(), hub().town)
    return render_template(
        "operation/meanwhile.html",
        changes=None if error.changes is None else words_of(error.changes),
        mine=words_of(mine),
        newest=newest,
    )
