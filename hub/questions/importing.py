"""Questions from above, from a list: such as the ones that came in while the hub was down. Tested in `tests/hub/questions/test_importing.py`."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from hub.accounts import audit
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.imports.plain_list import Columns, Do, moment_of, named
from hub.questions import store
from hub.questions.store import Kind, New

COLUMNS = Columns(
    {
        "kind": ("类型", "kind"), "asked_by": ("来文单位", "asked by"), "document": ("文号", "document"),
        "text": ("事项", "what is asked"), "asked_at": ("提出时间", "asked at"), "due_at": ("时限", "due"),
        "assigned_to": ("承办人", "assigned to"),
    },
    ("asked_by", "text", "asked_at", "due_at"),
    (
        "编号", "number", "状态", "state", "答复次数", "answers", "最近答复", "last answer", "首次答复时间", "first answered at",
        "答复人", "answered by", "办结时间", "closed at", "办结人", "closed by", "办结情况", "closed because", "登记人", "noted by", "序号", "no.",
    ),
)  # fmt: skip
KINDS = {
    Kind.QUESTION.value: ("提问", "问题", "问询", "question"),
    Kind.REPORT.value: ("汇报", "报告", "对上汇报", "上报", "report", "report upwards"),
}


class QuestionReader:
    """Reads rows of questions; one that was noted before (the same office, document, words and time) changes nothing."""

    def __init__(self, connection: Connection, town: str, zone: ZoneInfo, by: str, now: datetime) -> None:
        self._connection, self._town, self._zone, self._by, self._now = connection, town, zone, by, now
        self._people = {
            each.id: (each.login, each.name)
            for each in accounts.every_user(connection)
            if not each.disabled and each.role.may(Role.OFFICER)
        }
        self._before: set[tuple[str, str, str, datetime]] = set()

    def row(self, said: Mapping[str, str]) -> Do | None:
        """A question that is noted, and assigned if somebody is named; None if it was noted before."""
        kind = named(KINDS, said["kind"]) if said.get("kind") else Kind.QUESTION.value
        if kind is None:
            raise RefusedError("kind %(text)r: expected question or report", text=said["kind"][:40])
        asked_at, due_at = (moment_of(said[name], self._zone) for name in ("asked_at", "due_at"))
        new = store.checked(New(Kind(kind), said["asked_by"], said.get("document", ""), said["text"], asked_at, due_at))
        to = self._user(said.get("assigned_to", ""))
        key = (new.asked_by, new.document, new.text, asked_at)
        if key in self._before:
            raise RefusedError("this question stands in this list twice")
        self._before.add(key)
        if store.noted(self._connection, self._town, new):
            return None
        return lambda: self._note(new, to)

    def _note(self, new: New, to: str) -> None:
        id_ = store.note(self._connection, town=self._town, new=new, by=self._by, now=self._now)
        if to:
            store.assign(self._connection, town=self._town, id_=id_, to=to, by=self._by, now=self._now)

    def _user(self, text: str) -> str:
        found = [id_ for id_, words in self._people.items() if text in (id_, *words)]
        if text and not found:
            raise RefusedError("user %(user)s: there is no such user", user=text[:40])
        if len(found) > 1:
            raise RefusedError(
                "user %(user)s: there are %(count)s of that name; give the login", user=text[:40], count=len(found)
            )
        return found[0] if found else ""

    def taken(self, new: int, known: int) -> None:
        """Writes the row of the audit that the list was taken."""
        detail = {"added": new, "known": known}
        audit.note(
            self._connection,
            user=self._by,
            action="questions imported",
            object="questions",
            detail=detail,
            now=self._now,
        )
