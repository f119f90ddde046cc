"""What is decided about an operation: its beginning, its frame, a longer period, its end. Each writes operation.toml, publishes it to the
gates and notes who decided it by which document, in one transaction.

Tested in `tests/hub/operations/test_life.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.facts import Disinfection
from edge.contract.records import wall_text
from edge.contract.values import FIRST_MOMENT, LAST_MOMENT, visible
from hub.accounts import audit
from hub.errors import HubError, RefusedError
from hub.operations import rules_file, store
from hub.operations.frame import LONGEST, NO_FRAME, Frame, Operation, reason_of
from hub.operations.store import Event
from hub.registers import catalogue as registers
from hub.town.default_operation import OperationChoices, default_text, template_named
from hub.town.operation import Rules
from hub.town.rules_text import with_values
from hub.town.town import Town

_ID = re.compile(r"op-(\d{1,9})")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Beginning:
    """What somebody decided: from which template, by which decision, from when to when. Names None: the template's."""

    template: str
    frame: Frame
    starts: datetime
    ends: datetime
    zh: str | None = None
    en: str | None = None
    disinfection: Disinfection | None = None
    asked: tuple[str, ...] | None = None


def of_rules(rules: Rules) -> Operation:
    """The operation of operation.toml of which nobody recorded the decision."""
    return Operation(
        rules.id, "", rules.zh, rules.en, NO_FRAME, (), rules.starts, rules.ends, created_at=rules.starts, created_by=""
    )


def present(connection: Connection, town: str, rules: Rules) -> Operation:
    """The operation that gates go by: as it was recorded, or as operation.toml has it."""
    return store.find(connection, town, rules.id) or of_rules(rules)


def shown(connection: Connection, town: Town) -> Operation:
    """The present operation for a page; `RefusedError` where neither the file nor what was published can be read."""
    try:
        return present(connection, town.id, town.rules)
    except HubError as error:
        raise RefusedError("operation.toml cannot be used so: %(rules_fault)s", rules_fault=str(error)) from None


def start(town: Town, connection: Connection, made: Beginning, *, by: str, now: datetime) -> Operation:
    """Begins an operation, planned or at once; `RefusedError` while another one has not ended."""
    template = template_named(made.template)
    starts, ends = _stored(town, made.starts), _stored(town, made.ends)
    _check_period(made.starts, made.ends, now)
    before = _rules_before(town)
    former = _check_free(town, connection, before, now)
    id_ = _fresh_id(connection, town.id, before, former)
    text = default_text(
        starts, OperationChoices(made.zh, made.en, made.disinfection, made.asked, ends), template=made.template, id_=id_
    )
    if former:
        text = with_values(text, None, {"passes_since": _stored(town, now)})
    rules_file.publish_text(town, connection, text, by=by, why=made.frame.number, now=now)
    rules = Rules.of_text(text)
    operation = Operation(
        id_,
        made.template,
        rules.zh,
        rules.en,
        made.frame,
        template.registers,
        rules.starts,
        rules.ends,
        wall_text(now),
        by,
    )
    store.add(connection, town.id, operation)
    # what such an operation keeps is there when it begins; a register that the town has already stays as it is
    registers.add_shipped(connection, town.id, list(template.registers), by=by, now=now)
    _note(connection, town.id, operation.id, "started", made.frame.number, "", _said(operation), by, now)
    return operation


def record(
    town: Town, connection: Connection, frame: Frame, *, by: str, now: datetime, template: str = ""
) -> Operation:
    """Records the decision that the present operation goes by, or corrects it; its period stays."""
    rules = _rules(town)
    known = store.find(connection, town.id, rules.id)
    _check_not_over(known)
    if known is None:
        kept = template_named(template).registers if template else ()
        known = Operation(
            rules.id, template, rules.zh, rules.en, NO_FRAME, kept, rules.starts, rules.ends, wall_text(now), by
        )
        store.add(connection, town.id, known)
    changes = audit.changed(known.frame.as_values(), frame.as_values())
    store.write(connection, town.id, known.id, **frame.as_values())
    _note(connection, town.id, known.id, "recorded", frame.number, "", changes, by, now)
    return _found(connection, town.id, known.id)


def extend(
    town: Town, connection: Connection, until: datetime, *, number: str, reason: str, by: str, now: datetime
) -> Operation:
    """Makes the period longer, by a document of its own; `RefusedError` for an end that is no later."""
    rules = _rules(town)
    known = present(connection, town.id, rules)
    _check_not_over(known)
    document, why = _document(number), reason_of(reason)
    if not known.framed:
        raise RefusedError(
            "operation %(operation)s: nobody recorded the decision that it goes by; record it first", operation=known.id
        )
    if rules.ends is None:
        raise RefusedError("operation %(operation)s: its end is open, there is nothing to extend", operation=known.id)
    if wall_text(until) <= rules.ends or until <= now:
        raise RefusedError(
            "the new end %(at)s: expected one later than now and than the present end, %(before)s",
            at=wall_text(until),
            before=rules.ends,
        )
    _check_moment(until)
    text = with_values(rules_file.text_now(town), None, {"ends": _stored(town, until)})
    rules_file.publish_text(town, connection, text, by=by, why=document, now=now)
    ends = Rules.of_text(text).ends
    store.write(connection, town.id, known.id, ends=ends)
    changes: dict[str, Json] = {"before": {"ends": rules.ends}, "after": {"ends": ends}}
    _note(connection, town.id, known.id, "extended", document, why, changes, by, now)
    return _found(connection, town.id, known.id)


def end(town: Town, connection: Connection, *, reason: str, by: str, now: datetime, number: str = "") -> Operation:
    """Ends the operation now: no pass lets a vehicle in from then on, at each gate as soon as it has the new rules."""
    rules = _rules(town)
    known = store.find(connection, town.id, rules.id)
    _check_not_over(known)
    why = reason_of(reason)
    document = _document(number) if number.strip() else ""
    if known is None:
        known = of_rules(rules)
        store.add(connection, town.id, known)
    ends = wall_text(now)
    values: dict[str, object] = {}
    if rules.ends is None or rules.ends > ends:
        values["ends"] = _stored(town, now)
        if rules.starts >= ends:
            # it was planned and never began: the file's period lies before now, the recorded one stays what was decided
            values["starts"] = _stored(town, now - _SECOND)
    if values:
        text = with_values(rules_file.text_now(town), None, values)
        rules_file.publish_text(town, connection, text, by=by, why=why, now=now)
    store.write(connection, town.id, known.id, ended_at=ends, ended_by=by, end_reason=why)
    changes: dict[str, Json] = {"before": {"ends": rules.ends}, "after": {"ended_at": ends}}
    _note(connection, town.id, known.id, "ended", document, why, changes, by, now)
    return _found(connection, town.id, known.id)


def taken_up(town: Town, connection: Connection, rules: Rules, *, by: str, now: datetime) -> None:
    """Notes what a hand changed in operation.toml of a recorded operation; `RefusedError` for one that has ended and would go on."""
    known = store.find(connection, town.id, rules.id)
    if known is None:
        return
    if known.ended_at is not None:
        if rules.ends is None or rules.ends > max(known.ended_at, wall_text(now)):
            raise RefusedError(
                "operation %(operation)s was ended %(at)s, and operation.toml would let it go on: begin a new one (operation start)",
                operation=known.id,
                at=known.ended_at,
            )
        return
    before: dict[str, Json] = {"zh": known.zh, "en": known.en, "starts": known.starts, "ends": known.ends}
    after: dict[str, Json] = {"zh": rules.zh, "en": rules.en, "starts": rules.starts, "ends": rules.ends}
    if before != after:
        store.write(connection, town.id, known.id, zh=rules.zh, en=rules.en, starts=rules.starts, ends=rules.ends)
        _note(connection, town.id, known.id, "by_hand", "", "", audit.changed(before, after), by, now)


def _check_period(starts: datetime, ends: datetime, now: datetime) -> None:
    for each in (starts, ends):
        _check_moment(each)
    if ends <= starts:
        raise RefusedError(
            "ends %(end)s: expected a time after starts, %(start)s", end=wall_text(ends), start=wall_text(starts)
        )
    if ends <= now:
        raise RefusedError("ends %(end)s: expected a time after now", end=wall_text(ends))


def _check_moment(when: datetime) -> None:
    if not FIRST_MOMENT <= when <= LAST_MOMENT:
        raise RefusedError("time %(time)s: expected one from 1970 to 2200", time=when.isoformat()[:40])


def _rules(town: Town) -> Rules:
    try:
        return Rules.load(town.settings.folder)
    except HubError as error:
        raise RefusedError("operation.toml cannot be used so: %(rules_fault)s", rules_fault=str(error)) from None


def _rules_before(town: Town) -> Rules | None:
    try:
        return Rules.load(town.settings.folder)
    except HubError:
        # a file that does not hold is replaced by one that does
        return None


def _check_free(town: Town, connection: Connection, before: Rules | None, now: datetime) -> bool:
    """Returns True if there was an operation before; `RefusedError` while one goes on."""
    last = store.current(connection, town.id)
    if last is not None and last.ended_at is None:
        raise RefusedError(
            "operation %(operation)s has not ended: end it first (operation end); nothing was changed",
            operation=last.id,
        )
    known = None if before is None else store.find(connection, town.id, before.id)
    if before is not None and known is None and store.is_used(connection, town.id):
        raise RefusedError(
            "operation %(operation)s goes on, and nobody recorded the decision that it goes by: record it (operation record) or end it "
            "(operation end); nothing was changed",
            operation=before.id,
        )
    return last is not None


def _check_not_over(known: Operation | None) -> None:
    if known is not None and known.ended_at is not None:
        raise RefusedError("operation %(operation)s was ended %(at)s", operation=known.id, at=known.ended_at)


def _fresh_id(connection: Connection, town: str, before: Rules | None, former: bool) -> str:
    known = store.known_ids(connection, town)
    if before is not None and (former or store.is_used(connection, town)):
        known = known | {before.id}
    numbers = [int(found[1]) for each in known if (found := _ID.fullmatch(each))]
    return f"op-{max(numbers, default=0) + 1}"


def _document(text: str) -> str:
    clean = visible(text).strip()
    if not clean:
        raise RefusedError("%(part)s: missing; a decision names it", part="number")
    if len(clean) > LONGEST["number"]:
        raise RefusedError(
            "%(part)s: %(count)s characters, expected %(most)s at most",
            part="number",
            count=len(clean),
            most=LONGEST["number"],
        )
    return clean


def _stored(town: Town, when: datetime) -> str:
    """A moment as people read it in the file: the town's time with its offset, in whole seconds."""
    _check_moment(when)
    return when.astimezone(town.settings.zone).isoformat(timespec="milliseconds" if when.microsecond else "seconds")


def _found(connection: Connection, town: str, id_: str) -> Operation:
    found = store.find(connection, town, id_)
    assert found is not None, "it was written just now"
    return found


def _said(operation: Operation) -> dict[str, Json]:
    return {
        **operation.frame.as_values(),
        "template": operation.template,
        "starts": operation.starts,
        "ends": operation.ends,
    }


def _note(
    connection: Connection,
    town: str,
    id_: str,
    act: str,
    number: str,
    reason: str,
    detail: Mapping[str, Json],
    by: str,
    now: datetime,
) -> None:
    """The act in the operation's history and in the audit."""
    store.note(connection, town, id_, Event(wall_text(now), by, act, number, reason, detail))
    of_audit: dict[str, Json] = {name: value for name, value in (("document", number), ("why", reason)) if value}
    audit.note(
        connection,
        user=by,
        action=f"operation {act}",
        object=f"operations/{id_}",
        detail={**of_audit, **detail},
        now=now,
    )
