"""What the steps of a destruction share: the town, its writing engine with free pages overwritten, the decisions, the clock.

Tested in `tests/hub/destruction/test_run.py`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from edge.contract.steps import reached
from hub.destruction import decisions, parts, progress
from hub.destruction.decisions import Decision
from hub.destruction.parts import Choice, Part
from hub.destruction.progress import Done
from hub.destruction.requests import Destruction
from hub.town.town import Town


@dataclass(frozen=True)
class Work:
    """One destruction at work."""

    town: Town
    engine: Engine
    of: Destruction
    now: datetime

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """One transaction."""
        with self.engine.begin() as connection:
            yield connection
            reached("destruction.changed")

    def decided(self, connection: Connection) -> Mapping[str, Decision]:
        """What becomes of each part."""
        return decisions.read(connection, self.town.id, self.of.operation)

    def going(self, connection: Connection) -> dict[str, Part]:
        """The parts whose values go, destroyed or handed over."""
        decided = self.decided(connection)
        known = parts.every(connection, self.town.id)
        return {id_: known[id_] for id_, each in decided.items() if each.choice is not Choice.KEEP and id_ in known}

    def note(
        self, connection: Connection, step: str, counts: Mapping[str, Json], *, place: int = 0, done: bool = True
    ) -> None:
        """Writes how far a step is."""
        at = wall_text(self.now) if done else None
        progress.note(connection, self.town.id, self.of.id, Done(step, at, place, counts))

    def there(self, connection: Connection, step: str) -> Done | None:
        """How far a step is."""
        return progress.read(connection, self.town.id, self.of.id).get(step)


def engine_of(town: Town) -> Engine:
    """The town's writing engine; what SQLite frees is overwritten with zeros."""
    engine = town.writer()
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def overwrite(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA secure_delete=ON").close()

    return engine
