"""What must hold before a row of a register is written: rights, versions, required fields, links, nothing twice, stock, steps between states.

Every check raises `RefusedError` in one line and changes nothing. Tested in `tests/hub/registers/test_keeping.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.database.schema import register_rows
from hub.database.statements import Often
from hub.errors import RefusedError
from hub.organisation.branch import Branch
from hub.registers import history, once, rules, store
from hub.registers.cells import Value, label
from hub.registers.declaration import Register, State
from hub.registers.rows import Draft, RegisterRow
from hub.registers.subject import subject_of

_ROWS = register_rows.c
_STANDING = (
    _ROWS.town == bindparam("town"),
    _ROWS.register == bindparam("register"),
    _ROWS.removed_at.is_(None),
)
# asked for each row of an import
_THERE = Often(select(_ROWS.id).where(*_STANDING, _ROWS.id == bindparam("id")))
_OF_SUBJECT = Often(
    select(_ROWS.number).where(*_STANDING, _ROWS.subject == bindparam("subject"), _ROWS.id != bindparam("but")).limit(1)
)


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, when: `user` is a user's id or `cli`; `within`: the branch to which the account is limited."""

    user: str
    role: Role
    now: datetime
    within: Branch | None = None


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one register of a town. `asked`: the fields that the town fills in; the others take nothing."""

    town: str
    register: Register
    asked: frozenset[str]

    def may(self, writer: Writer) -> None:
        """Refuses a writer whose role may not write here."""
        if not writer.role.may(self.register.write):
            raise RefusedError("register %(register)r: your role may not write in it", register=self.register.id)

    def fresh(self, row: RegisterRow, version: int) -> None:
        """Refuses a row that was removed, or changed since this version of it was shown."""
        if row.removed_at is not None:
            raise RefusedError("row %(number)s: it was removed", number=row.number)
        if row.version != version:
            raise RefusedError(
                "row %(number)s: changed by somebody else in the meantime; look at it again", number=row.number
            )

    def needed(self, state: State, values: Mapping[str, Value]) -> None:
        """Refuses a state whose fields are not filled."""
        for name in state.needs:
            if name not in values:
                raise RefusedError("%(column)s: needed for this step", column=self._label(name))

    def _label(self, id_: str) -> str:
        of = self.register.field(id_)
        return id_ if of is None else label(of)

    def checked(
        self, connection: Connection, draft: Draft, row: RegisterRow | None, writer: Writer
    ) -> dict[str, Value]:
        """The values of a draft, with everything that must hold for them."""
        values = {name: value for name, value in draft.values.items() if value is not None}
        for each in self.register.typed:
            if each.id in values and each.id not in self.asked and (row is None or each.id not in row.values):
                raise RefusedError("%(column)s: this town does not ask for it", column=label(each))
            if each.required and each.id in self.asked and each.id not in values:
                raise RefusedError("%(column)s: required", column=label(each))
        if (rule := rules.refused(self.register, values, writer.now)) is not None:
            raise RefusedError(
                "register %(register)r: %(rule)s", register=self.register.id, rule=f"{rule.zh} {rule.en}"
            )
        self._links_stand(connection, draft)
        subject = subject_of(self.register, values, draft.links)
        if self.register.stock is not None:
            self.stays_in_stock(connection, values, subject, None if row is None else row.id, within=writer.within)
        elif subject is not None:
            self._is_once(connection, subject, row)
        once.is_once(connection, self.town, self.register, Draft(values, draft.links), row)
        return values

    def all_differ(self, drafts: Sequence[Draft], first: int) -> None:
        """Refuses drafts of which two are one; `first`: the number that the first of them would get, the next ones follow."""
        if len(drafts) < 2:
            return
        there: dict[object, int] = {}
        for number, draft in enumerate(drafts, first):
            for key in once.keys(self.register, draft):
                if there.setdefault(key, number) != number:
                    raise once.twice(self.register, key, there[key])
            subject = None if self.register.stock else subject_of(self.register, draft.values, draft.links)
            if subject is not None and there.setdefault(subject, number) != number:
                raise self._twice(there[subject])

    def _links_stand(self, connection: Connection, draft: Draft) -> None:
        links, register = draft.links, self.register
        if register.parent is not None:
            if links.parent is None:
                raise RefusedError(
                    "register %(register)r: a row belongs to one of %(parent)r, and none was named",
                    register=register.id,
                    parent=register.parent,
                )
            if not _THERE(connection, town=self.town, register=register.parent, id=links.parent):
                raise RefusedError(
                    "register %(register)r: there is no row %(id)s", register=register.parent, id=links.parent
                )
        if register.daily and links.day is None:
            raise RefusedError("register %(register)r: a row is for one day, and none was named", register=register.id)
        for name in ("unit", "gate"):
            if getattr(register, name) == "required" and getattr(links, name) is None:
                raise RefusedError("%(column)s: required", column={"unit": "单位 Unit", "gate": "卡口 Gate"}[name])

    def _is_once(self, connection: Connection, subject: str, row: RegisterRow | None) -> None:
        but = 0 if row is None else row.id
        for (there,) in _OF_SUBJECT(connection, town=self.town, register=self.register.id, subject=subject, but=but):
            raise self._twice(there)

    def _twice(self, number: int) -> RefusedError:
        names = [each.id for each in self.register.fields if each.unique]
        what = ", ".join(map(self._label, names)) or "日期 Day"
        return RefusedError("%(column)s: there already, in row %(number)s", column=what, number=number)

    def stays_in_stock(
        self,
        connection: Connection,
        values: Mapping[str, Value],
        subject: str | None,
        but: int | None,
        *,
        gone: bool = False,
        within: Branch | None = None,
    ) -> None:
        """Refuses what would take more of an item out of stock than there is. `gone`: the row itself is taken away.

        `within`: what there is of the branch alone, whose rows are all that its writer sees.
        """
        if self.register.stock is None or subject is None:
            return
        there = store.in_stock(connection, self.town, self.register, subject, but, within=within)
        if there + (0 if gone else store.moved(self.register, values)) < 0:
            raise RefusedError(
                "%(column)s: only %(count)s in stock",
                column=self._label(self.register.stock.quantity),
                count=f"{there:g}",
            )

    def reachable(self, connection: Connection, row: RegisterRow, to: str, writer: Writer, why: str) -> State:
        """The state that a row may be brought into; refuses one that does not follow, or is another's to decide."""
        now, state = self.register.state(row.state), self.register.state(to)
        if state is None or now is None or to not in now.next:
            raise RefusedError(
                "row %(number)s: from %(state)r it can't become %(to)r", number=row.number, state=row.state or "", to=to
            )
        if not writer.role.may(state.role or self.register.write):
            raise RefusedError("row %(number)s: your role may not do this step", number=row.number)
        if state.reason and not why.strip():
            raise RefusedError("give a reason")
        if state.other_than is not None:
            first = history.brought_about_by(connection, self.town, row.id, state.other_than)
            if first == writer.user:
                raise RefusedError(
                    "row %(number)s: somebody else must decide this, you did the step before", number=row.number
                )
        return state
