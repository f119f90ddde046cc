"""The SQL of what an office above asks or wants reported: noted with its due time, assigned, answered in versions, closed.

Each change is one row of the audit. Tested in `tests/hub/questions/test_store.py`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, insert, or_, select, tuple_, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.accounts import store as accounts
from hub.database.schema import question_answers, questions
from hub.database.statements import among
from hub.errors import RefusedError

LONGEST_NAME, LONGEST_TEXT = 100, 2000
Cursor = tuple[str, str]


class Kind(StrEnum):
    """What is wanted from below: an answer to a question, or a report."""

    QUESTION = "question"
    REPORT = "report"


class State(StrEnum):
    """How a question stands; `overdue` comes before `open` and `assigned`."""

    OPEN = "open"
    ASSIGNED = "assigned"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Answer:
    """One version of the answer."""

    version: int
    text: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answers, oldest first: the last one stands."""

    id: str
    kind: str
    asked_by: str
    document: str
    text: str
    asked_at: str
    due_at: str
    noted_at: str
    noted_by: str
    assigned_to: str | None
    assigned_at: str | None
    answered_at: str | None
    closed_at: str | None
    closed_by: str | None
    closed_note: str | None
    answers: tuple[Answer, ...] = ()

    def state(self, now: datetime) -> State:
        """How it stands."""
        if self.closed_at is not None:
            return State.CLOSED
        if self.answers:
            return State.ANSWERED
        if self.due_at <= wall_text(now):
            return State.OVERDUE
        return State.OPEN if self.assigned_to is None else State.ASSIGNED

    @property
    def late(self) -> bool:
        """Returns True if the first answer came after its time."""
        return self.answered_at is not None and self.answered_at > self.due_at


@dataclass(frozen=True, slots=True)
class New:
    """A question as it comes from above."""

    kind: Kind
    asked_by: str
    document: str
    text: str
    asked_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions that a page asks for: part of a text, a state, whom they are assigned to, from a time until before another."""

    search: str = ""
    state: str = ""
    who: str = ""
    start: str = ""
    end: str = ""


def checked(new: New) -> New:
    """A question with its texts put in order; `RefusedError` for an empty or too long text, or a due time before it was asked."""
    asked_by, document, text = new.asked_by.strip(), new.document.strip(), new.text.strip()
    if not 0 < len(asked_by) <= LONGEST_NAME:
        raise RefusedError("asked by: expected 1 to %(most)s characters", most=LONGEST_NAME)
    if len(document) > LONGEST_NAME:
        raise RefusedError("document: expected at most %(most)s characters", most=LONGEST_NAME)
    if not 0 < len(text) <= LONGEST_TEXT:
        raise RefusedError("question: expected 1 to %(most)s characters", most=LONGEST_TEXT)
    if new.due_at <= new.asked_at:
        raise RefusedError("due: expected a time after the one at which it was asked")
    return replace(new, asked_by=asked_by, document=document, text=text)


def noted(connection: Connection, town: str, new: New) -> bool:
    """Returns True if the same office asked the same at the same time, and it is noted."""
    same = {
        "town": town,
        "asked_by": new.asked_by,
        "document": new.document,
        "text": new.text,
        "asked_at": wall_text(new.asked_at),
    }
    query = select(questions.c.id).where(*(questions.c[name] == value for name, value in same.items()))
    return connection.execute(query.limit(1)).first() is not None


def note(connection: Connection, *, town: str, new: New, by: str, now: datetime) -> str:
    """Notes a question. Returns its id; `RefusedError` for what `checked` refuses."""
    new = checked(new)
    row = {
        "id": f"q-{secrets.token_hex(6)}", "town": town, "kind": new.kind.value, "asked_by": new.asked_by, "document": new.document,
        "text": new.text, "asked_at": wall_text(new.asked_at), "due_at": wall_text(new.due_at), "noted_at": wall_text(now), "noted_by": by,
    }  # fmt: skip
    connection.execute(insert(questions).values(**row))
    _audit(connection, by, "question noted", row["id"], {"document": new.document, "due": row["due_at"]}, now)
    return row["id"]


def assign(connection: Connection, *, town: str, id_: str, to: str, by: str, now: datetime) -> None:
    """Assigns a question to a user, also again to another; `RefusedError` if it is closed, or there is no such user."""
    question = _open(connection, town, id_)
    user = next((each for each in accounts.every_user(connection) if each.id == to), None)
    if user is None or user.disabled:
        raise RefusedError("user %(user)s: there is no such user", user=to)
    _update(connection, town, id_, assigned_to=to, assigned_at=wall_text(now))
    change = audit.changed({"assigned_to": question.assigned_to}, {"assigned_to": to})
    _audit(connection, by, "question assigned", id_, change, now)


def answer(connection: Connection, *, town: str, id_: str, text: str, after: int, by: str, now: datetime) -> int:
    """Gives an answer as its next version, which it returns; `after`: the last version that whoever answers has seen.

    `RefusedError` if the question is closed, or another answer came meanwhile.
    """
    question = _open(connection, town, id_)
    said = text.strip()
    if not 0 < len(said) <= LONGEST_TEXT:
        raise RefusedError("answer: expected 1 to %(most)s characters", most=LONGEST_TEXT)
    last = question.answers[-1].version if question.answers else 0
    if after != last:
        raise RefusedError("question %(id)s: answer %(last)s came meanwhile, read it first", id=id_, last=last)
    version = last + 1
    row = {"town": town, "question": id_, "version": version, "text": said, "at": wall_text(now), "by": by}
    connection.execute(insert(question_answers).values(**row))
    if question.answered_at is None:
        _update(connection, town, id_, answered_at=wall_text(now))
    _audit(connection, by, "question answered", id_, {"version": version}, now)
    return version


def close(connection: Connection, *, town: str, id_: str, note: str, by: str, now: datetime) -> None:
    """Closes a question; one without an answer only with a word why. `RefusedError` if it is closed already."""
    question = _open(connection, town, id_)
    note = note.strip()
    if len(note) > LONGEST_TEXT:
        raise RefusedError("note: expected at most %(most)s characters", most=LONGEST_TEXT)
    if not question.answers and not note:
        raise RefusedError("note: expected why it is closed without an answer")
    _update(connection, town, id_, closed_at=wall_text(now), closed_by=by, closed_note=note)
    _audit(connection, by, "question closed", id_, {"note": note}, now)


def find(connection: Connection, town: str, id_: str) -> Question | None:
    """One question."""
    rows = connection.execute(select(questions).where(questions.c.town == town, questions.c.id == id_)).all()
    return next(iter(_with_answers(connection, town, rows)), None)


def page(
    connection: Connection, town: str, asked: Asked, now: datetime, *, after: Cursor | None = None, limit: int
) -> tuple[list[Question], Cursor | None]:
    """Questions, newest first, and the cursor of the next page."""
    key = (questions.c.asked_at, questions.c.id)
    query = select(questions).where(*conditions(town, asked, now)).order_by(*(each.desc() for each in key))
    if after is not None:
        query = query.where(tuple_(*key) < after)
    found = connection.execute(query.limit(limit + 1)).all()
    rows = found[:limit]
    more = (rows[-1].asked_at, rows[-1].id) if len(found) > limit else None
    return _with_answers(connection, town, rows), more


def conditions(town: str, asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    """The conditions for those questions that are asked for."""
    found: list[ColumnElement[bool]] = [questions.c.town == town]
    if text := asked.search.strip():
        answered = select(question_answers.c.question).where(
            question_answers.c.town == town, question_answers.c.text.contains(text, autoescape=True)
        )
        columns = (questions.c.text, questions.c.asked_by, questions.c.document, questions.c.id)
        found.append(or_(*(each.contains(text, autoescape=True) for each in columns), questions.c.id.in_(answered)))
    found += [questions.c.assigned_to == asked.who] if asked.who else []
    found += [questions.c.asked_at >= asked.start] if asked.start else []
    found += [questions.c.asked_at < asked.end] if asked.end else []
    found += [state_column(wall_text(now)) == asked.state] if asked.state else []
    return found


def state_column(now: str) -> ColumnElement[str]:
    """How a question stands, as `Question.state` says it."""
    return case(
        (questions.c.closed_at.is_not(None), State.CLOSED.value),
        (questions.c.answered_at.is_not(None), State.ANSWERED.value),
        (questions.c.due_at <= now, State.OVERDUE.value),
        (questions.c.assigned_to.is_(None), State.OPEN.value),
        else_=State.ASSIGNED.value,
    )


def count(connection: Connection, town: str, asked: Asked, now: datetime) -> int:
    """How many questions are as they are asked for."""
    where = conditions(town, asked, now)
    return connection.execute(select(func.count()).select_from(questions).where(*where)).scalar_one()


def last_written(connection: Connection, town: str) -> str | None:
    """When a question was last noted, answered or closed; None where there is none."""
    columns = (questions.c.noted_at, questions.c.closed_at, questions.c.assigned_at)
    found = list(connection.execute(select(*map(func.max, columns)).where(questions.c.town == town)).one())
    found.append(
        connection.execute(select(func.max(question_answers.c.at)).where(question_answers.c.town == town)).scalar()
    )
    return max((each for each in found if each), default=None)


def count_overdue(connection: Connection, town: str, now: datetime) -> int:
    """How many are overdue."""
    overdue = and_(*conditions(town, Asked(state=State.OVERDUE.value), now))
    return connection.execute(select(func.count()).select_from(questions).where(overdue)).scalar_one()


def _open(connection: Connection, town: str, id_: str) -> Question:
    found = find(connection, town, id_)
    if found is None:
        raise RefusedError("question %(id)r: there is no such question", id=id_)
    if found.closed_at is not None:
        raise RefusedError("question %(id)s: it is closed", id=id_)
    return found


def _update(connection: Connection, town: str, id_: str, **values: str) -> None:
    connection.execute(update(questions).where(questions.c.town == town, questions.c.id == id_).values(**values))


def _audit(connection: Connection, by: str, action: str, id_: str, detail: dict[str, Any], now: datetime) -> None:
    audit.note(connection, user=by, action=action, object=f"questions/{id_}", detail=detail, now=now)


def _with_answers(connection: Connection, town: str, rows: Sequence[Row[Any]]) -> list[Question]:
    which = (question_answers.c.town == town, among(question_answers.c.question, [row.id for row in rows]))
    given: dict[str, list[Answer]] = {}
    for row in connection.execute(select(question_answers).where(*which).order_by(question_answers.c.version)):
        given.setdefault(row.question, []).append(Answer(row.version, row.text, row.at, row.by))
    return [
        Question(
            **{name: value for name, value in row._mapping.items() if name != "town"},
            answers=tuple(given.get(row.id, ())),
        )
        for row in rows
    ]
