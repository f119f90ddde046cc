"""Writing a register's rows: added, changed, brought into another state, removed and taken back, each with its history and a line of the audit.

Every refusal comes before the first write. The audit names the row and the fields that changed; what personal fields say stands in the row and
in its history alone, where the end of an operation reaches it.

Tested in `tests/hub/registers/test_keeping.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Protocol

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import register_rows
from hub.database.statements import insert as insert_all
from hub.errors import RefusedError
from hub.registers import history, search, store, within
from hub.registers.cells import Value
from hub.registers.checks import Checks, Writer
from hub.registers.declaration import Register
from hub.registers.due import due_at
from hub.registers.history import Change, Changed
from hub.registers.rows import Draft, RegisterRow, split
from hub.registers.subject import subject_of

_ROWS = register_rows.c


class Hook(Protocol):
    """What a part of the product does beside keeping the rows of a register that it knows: a pass, an alert. It may refuse, and raise."""

    def kept(self, connection: Connection, row: RegisterRow, before: RegisterRow | None, writer: Writer) -> None:
        """A row was added or changed, in this transaction."""


@dataclass(frozen=True)
class Keeper:
    """Keeps the rows of one register of a town."""

    town: str
    register: Register
    asked: frozenset[str]
    """The fields that the town asks for; the others take nothing."""
    zone: tzinfo
    hook: Hook | None = None
    closed: bool = False
    """Nothing is added any more."""

    @property
    def _checks(self) -> Checks:
        return Checks(self.town, self.register, self.asked)

    def add(
        self, connection: Connection, draft: Draft, writer: Writer, *, why: str = "", what: Change = Change.ADDED
    ) -> RegisterRow:
        """Adds a row; `RefusedError` names the field or the link that can't stand."""
        return self.add_all(connection, [draft], writer, why=why, what=what)[0]

    def add_all(
        self,
        connection: Connection,
        drafts: Sequence[Draft],
        writer: Writer,
        *,
        why: str = "",
        what: Change = Change.IMPORTED,
        noted: bool = True,
        indexed: bool = True,
    ) -> list[RegisterRow]:
        """Adds rows, all or none.

        `noted`, `indexed`: False if the caller, who adds many handfuls, writes the audit and what the rows are found by.
        """
        self._checks.may(writer)
        if self.closed:
            raise RefusedError("register %(register)r: it is closed, nothing is added to it", register=self.register.id)
        drafts = [within.placed(connection, self.town, each, None, writer.within) for each in drafts]
        rows = []
        first = self.next_number(connection)
        self._checks.all_differ(drafts, first)
        for number, draft in enumerate(drafts, first):
            values = self._checks.checked(connection, draft, None, writer)
            rows.append(self._new_row(draft, values, number, writer))
        ids = self._insert(connection, rows)
        state = self.register.first_state
        changes = [Changed(id_, 1, what, state, why, {}, draft.values) for id_, draft in zip(ids, drafts, strict=True)]
        history.write(connection, self.town, self.register, changes, writer.user, writer.now)
        if indexed:
            search.index(connection, self.town, self.register, [(each.row, each.after) for each in changes])
        if noted:
            self._note(connection, writer, "register row added", ids, changes)
        kept = (
            [store.known(connection, self.town, self.register, id_) for id_ in ids]
            if len(ids) == 1 or self.hook
            else []
        )
        for row in kept if self.hook else ():
            self.hook.kept(connection, row, None, writer)  # type: ignore[union-attr]  # the loop is empty without one
        return kept

    def change(
        self, connection: Connection, row: RegisterRow, draft: Draft, writer: Writer, *, version: int, why: str = ""
    ) -> RegisterRow:
        """Changes what a row says; `RefusedError` if somebody changed it since `version` was shown."""
        self._checks.may(writer)
        self._checks.fresh(row, version)
        draft = within.placed(connection, self.town, draft, row, writer.within)
        values = self._checks.checked(connection, draft, row, writer)
        facts, private = split(self.register, values)
        columns: dict[str, Any] = {**_links(draft), "facts": facts, "private": private}
        columns["subject"] = subject_of(self.register, values, draft.links)
        columns["due_at"] = due_at(self.register, row.state, values, row.changed_at, self.zone, kept=row.due_at)
        changed = Changed(row.id, row.version + 1, Change.CHANGED, row.state, why, row.values, values)
        if not changed.fields and _links(draft) == _links(Draft({}, row.links)):
            return row
        self._update(connection, row, columns, writer)
        within.children_follow(connection, self.town, row, draft.links)
        search.forget(connection, self.town, row.id)
        search.index(connection, self.town, self.register, [(row.id, values)])
        return self._written(connection, row, changed, writer, "register row changed")

    def move(
        self,
        connection: Connection,
        row: RegisterRow,
        to: str,
        writer: Writer,
        *,
        version: int,
        why: str = "",
        values: Mapping[str, Value] | None = None,
    ) -> RegisterRow:
        """Brings a row into another state, filling fields on the way; `RefusedError` says what the state asks for."""
        within.check_row(row, writer.within)
        self._checks.fresh(row, version)
        state = self._checks.reachable(connection, row, to, writer, why)
        after = {**row.values, **(values or {})}
        draft = Draft(after, row.links)
        after = self._checks.checked(connection, draft, row, writer)
        self._checks.needed(state, after)
        facts, private = split(self.register, after)
        due = due_at(self.register, to, after, wall_text(writer.now), self.zone, kept=row.due_at)
        self._update(connection, row, {"state": to, "facts": facts, "private": private, "due_at": due}, writer)
        if after != row.values:
            search.forget(connection, self.town, row.id)
            search.index(connection, self.town, self.register, [(row.id, after)])
        changed = Changed(row.id, row.version + 1, Change.MOVED, to, why, row.values, after)
        return self._written(connection, row, changed, writer, "register row moved")

    def lapse(self, connection: Connection, row: RegisterRow, writer: Writer) -> RegisterRow:
        """Brings a row whose time has passed into the state that follows by itself (`late`)."""
        state = self.register.state(row.state)
        if state is None or state.late is None:
            raise RefusedError("row %(number)s: no state follows by itself", number=row.number)
        due = due_at(self.register, state.late, row.values, wall_text(writer.now), self.zone)
        self._update(connection, row, {"state": state.late, "due_at": due}, writer)
        changed = Changed(row.id, row.version + 1, Change.LAPSED, state.late, "", row.values, row.values)
        return self._written(connection, row, changed, writer, "register row lapsed")

    def remove(
        self, connection: Connection, row: RegisterRow, writer: Writer, *, version: int, why: str
    ) -> RegisterRow:
        """Takes a row out of its list: it stays, with the reason, among those removed."""
        if not writer.role.may(self.register.remove):
            raise RefusedError("register %(register)r: your role may not remove rows", register=self.register.id)
        within.check_row(row, writer.within)
        self._checks.fresh(row, version)
        if not why.strip():
            raise RefusedError("give a reason")
        subject = subject_of(self.register, row.values, row.links)
        self._checks.stays_in_stock(connection, row.values, subject, row.id, gone=True, within=writer.within)
        columns = {"removed_at": wall_text(writer.now), "removed_why": why.strip(), "due_at": None}
        self._update(connection, row, columns, writer)
        changed = Changed(row.id, row.version + 1, Change.REMOVED, row.state, why, row.values, row.values)
        return self._written(connection, row, changed, writer, "register row removed")

    def next_number(self, connection: Connection) -> int:
        """The number that the next row gets."""
        query = select(func.max(_ROWS.number)).where(_ROWS.town == self.town, _ROWS.register == self.register.id)
        return (connection.execute(query).scalar() or 0) + 1

    def _new_row(self, draft: Draft, values: Mapping[str, Value], number: int, writer: Writer) -> dict[str, Any]:
        at = wall_text(writer.now)
        facts, private = split(self.register, values)
        state = self.register.first_state
        return {
            "town": self.town, "register": self.register.id, "number": number, **_links(draft), "state": state,
            "due_at": due_at(self.register, state, values, at, self.zone), "subject": subject_of(self.register, values, draft.links),
            "facts": facts, "private": private, "version": 1, "created_at": at, "created_by": writer.user, "changed_at": at,
            "changed_by": writer.user,
        }  # fmt: skip

    def _insert(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
        if len(rows) == 1:
            return [connection.execute(insert(register_rows).values(**rows[0])).inserted_primary_key[0]]  # type: ignore[index]
        insert_all(connection, register_rows, rows)
        numbers = (rows[0]["number"], rows[-1]["number"])
        query = select(_ROWS.id).where(
            _ROWS.town == self.town, _ROWS.register == self.register.id, _ROWS.number.between(*numbers)
        )
        return list(connection.execute(query.order_by(_ROWS.number)).scalars())

    def _update(self, connection: Connection, row: RegisterRow, columns: Mapping[str, Any], writer: Writer) -> None:
        changed = {"version": row.version + 1, "changed_at": wall_text(writer.now), "changed_by": writer.user}
        connection.execute(
            update(register_rows).where(_ROWS.town == self.town, _ROWS.id == row.id).values(**columns, **changed)
        )

    def _written(
        self, connection: Connection, before: RegisterRow, changed: Changed, writer: Writer, action: str
    ) -> RegisterRow:
        history.write(connection, self.town, self.register, [changed], writer.user, writer.now)
        self._note(connection, writer, action, [before.id], [changed])
        row = store.known(connection, self.town, self.register, before.id)
        if self.hook is not None:
            self.hook.kept(connection, row, before, writer)
        return row

    def _note(
        self, connection: Connection, writer: Writer, action: str, ids: Sequence[int], changes: Sequence[Changed]
    ) -> None:
        personal = {each.id for each in self.register.fields if each.personal}
        one = changes[0]
        detail: dict[str, Any] = {"count": len(ids)} if len(ids) > 1 else {"fields": ", ".join(one.fields)}
        if len(ids) == 1:
            open_ = [name for name in one.fields if name not in personal]
            detail |= {"state": one.state or ""}
            detail |= audit.changed(
                {name: _plain(one.before[name]) for name in open_ if name in one.before},
                {name: _plain(one.after[name]) for name in open_ if name in one.after},
            )
        if one.why:
            detail["reason"] = one.why
        object_ = f"registers/{self.register.id}/{ids[0]}" if len(ids) == 1 else f"registers/{self.register.id}"
        audit.note(connection, user=writer.user, action=action, object=object_, detail=detail, now=writer.now)


def _links(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft.links, name) for name in ("parent", "day", "unit", "gate", "visit", "pass_id")}


def _plain(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value
