"""Imports a list into a register: in handfuls, so that nobody else waits for long to write; what can't be finished is taken out again.

Every row is checked before the first is written (`preview`). What changes in the meantime (somebody adds the same person, the process is
killed) is found while writing, or at the next look: then the rows of this import go, and the register is as it was.

Tested in `tests/hub/registers/importing/test_run.py`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection, Engine

from hub.accounts import audit
from hub.accounts import store as users
from hub.accounts.roles import Role
from hub.errors import RefusedError, Words
from hub.organisation.branch import branch_of_user
from hub.organisation.naming import UnitNames
from hub.registers import catalogue, kept, search
from hub.registers.cells import Here
from hub.registers.checks import Writer
from hub.registers.history import Change
from hub.registers.importing import store
from hub.registers.importing.pace import REST, Pace
from hub.registers.importing.preview import preview
from hub.registers.importing.reading import Sheet
from hub.registers.importing.store import Import, State
from hub.registers.keeping import Hook
from hub.registers.rows import Draft
from hub.registers.store import between

HANDFUL, LEAST_ROWS, MOST_ROWS = 250, 50, 2_000
"""Rows that are written in one transaction: at first, and by what it takes (`pace`)."""
AT_ONCE = 1000
"""Rows up to which an import is one transaction."""
WORDS, LEAST_WORDS, MOST_WORDS = 5_000, 1_000, 50_000
"""Entries of the search that are written in one transaction."""
MANY = 20_000
"""Rows after which the search learns of them."""


@dataclass(frozen=True)
class Importer:
    """Adds the rows of a list to a register. `hooks`: what parts of the product do beside."""

    town: str
    engine: Engine
    reading: Engine
    here: Here
    hooks: Mapping[str, Hook]
    clock: Callable[[], datetime]
    rest: Callable[[float], None] = time.sleep
    ticks: Callable[[], float] = time.monotonic

    def at_once(self, register: str, rows: Sequence[Draft], file: str, by: str, role: Role) -> int:
        """Adds a short list in one transaction."""
        with self.engine.begin() as connection:
            self._add(connection, register, rows, file, self._writer(connection, by, role))
            self._note(connection, by, "register imported", register, file, len(rows))
        return len(rows)

    def run(self, job: Import, sheet: Sheet) -> bool:
        """Adds a long list by handfuls; returns True if all of it is in the register, False if nothing of it is."""
        try:
            rows = self._checked(job, sheet)
            self._write(job, rows)
        except RefusedError as refused:
            self.undo(job.id, _plain(refused.words))
            return False
        with self.engine.begin() as connection:
            store.end(connection, self.town, job.id, State.DONE, self.clock())
            self._note(connection, job.user, "register imported", job.register, job.file, len(rows))
        return True

    def undo(self, id_: str, error: Mapping[str, Any] | None) -> None:
        """Takes the rows of an import out again, handful by handful, and says why it failed."""
        with self.engine.begin() as connection:
            job = store.find(connection, self.town, id_)
            if job is None or job.state not in (State.RUNNING, State.UNDOING):
                return
            store.end(connection, self.town, id_, State.UNDOING, self.clock(), error)
        for numbers in job.numbers:
            while True:
                with self.engine.begin() as connection:
                    gone = store.take_out(connection, self.town, job.register, numbers, HANDFUL)
                if gone < HANDFUL:
                    break
                self.rest(REST)
        with self.engine.begin() as connection:
            store.end(connection, self.town, id_, State.FAILED, self.clock())
            self._note(connection, job.user, "register import undone", job.register, job.file, job.rows_done)

    def _checked(self, job: Import, sheet: Sheet) -> list[Draft]:
        with self.reading.connect() as connection:
            found = catalogue.known(connection, self.town, job.register)
            within = branch_of_user(connection, self.town, users.find(connection, job.user))
            here = self.here.within(None if within is None else within.gates)
            names = UnitNames.of(connection, self.town, within)
            looked = preview(connection, self.town, found, sheet, job.file, here, names)
        if refusal := looked.refusal(job.ignored):
            raise refusal
        return [draft for _, draft in looked.rows]

    def _write(self, job: Import, rows: Sequence[Draft]) -> None:
        numbers: tuple[tuple[int, int], ...] = ()
        pace = Pace(HANDFUL, LEAST_ROWS, MOST_ROWS, self.ticks, self.rest)
        words = Pace(WORDS, LEAST_WORDS, MOST_WORDS, self.ticks, self.rest)
        for begin in range(0, len(rows), MANY):
            written: list[tuple[int, int]] = []
            for done, some in pace.handfuls(rows[begin : begin + MANY]):
                with self.engine.begin() as connection:
                    writer = self._writer(connection, job.user, Role(job.role))
                    first = self._add(connection, job.register, some, job.file, writer, indexed=False)
                    written.append((first, first + len(some) - 1))
                    numbers = _with(numbers, written[-1])
                    store.progress(connection, self.town, job.id, begin + done + len(some), numbers)
            self._index(job.register, written, words)

    def _writer(self, connection: Connection, user: str, role: Role) -> Writer:
        """Who imports, limited as the account is now."""
        within = branch_of_user(connection, self.town, users.find(connection, user))
        return Writer(user, role, self.clock(), within)

    def _index(self, register: str, written: Sequence[tuple[int, int]], pace: Pace) -> None:
        """Writes what many rows are found by, in the order of that table: in any other, each would write a page of its own."""
        with self.reading.connect() as connection:
            declared = catalogue.known(connection, self.town, register).register
            rows = [each for numbers in written for each in between(connection, self.town, declared, numbers)]
        for _, some in pace.handfuls(search.entries(self.town, declared, rows)):
            with self.engine.begin() as connection:
                search.write(connection, some)

    def _add(
        self, connection: Any, register: str, rows: Sequence[Draft], file: str, writer: Writer, *, indexed: bool = True
    ) -> int:
        """Adds some rows; returns the first number."""
        keeper = kept.keeper(connection, self.town, register, self.here.zone, self.hooks)
        first = keeper.next_number(connection)
        keeper.add_all(connection, rows, writer, why=file, what=Change.IMPORTED, noted=False, indexed=indexed)
        return first

    def _note(self, connection: Any, by: str, action: str, register: str, file: str, count: int) -> None:
        detail: dict[str, Any] = {"file": file, "count": count}
        audit.note(connection, user=by, action=action, object=f"registers/{register}", detail=detail, now=self.clock())


def _with(numbers: tuple[tuple[int, int], ...], more: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Ranges with one more, which may go on where the last one ends."""
    if numbers and numbers[-1][1] + 1 == more[0]:
        return (*numbers[:-1], (numbers[-1][0], more[1]))
    return (*numbers, more)


def _plain(words: Words) -> dict[str, Any]:
    def value(each: Any) -> Any:
        return _plain(each) if isinstance(each, Words) else list(each) if isinstance(each, tuple) else each

    return {"text": words.text, "values": {name: value(each) for name, each in words.values.items()}}


def words_of(said: Mapping[str, Any]) -> Words:
    """The words of an error that an import kept."""

    def value(each: Any) -> Any:
        return words_of(each) if isinstance(each, dict) else tuple(each) if isinstance(each, list) else each

    line, values = said["text"], said["values"]
    return Words(line, **{name: value(each) for name, each in values.items()})
