"""Destroys the personal values of a journal's records up to one of them; hashes, commitments and signatures stay, and the chain holds.

A handful at a time, so that a lane never waits long for its record. Then the file is written anew, without what SQLite keeps of deleted
rows in free pages and in its log.

Tested in `tests/edge/journal/test_erasing.py`.
"""

import json
from dataclasses import dataclass

from edge.contract.commands import Answered
from edge.contract.facts import Kind
from edge.contract.steps import reached
from edge.journal.open_file import OpenFile

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Emptied:
    """How many records lost how many values."""

    records: int
    values: int


class Erasing:
    """What a destruction asks of the journal's file."""

    def __init__(self, file: OpenFile) -> None:
        self._file = file

    def started(self, command: str) -> int:
        """The number of the record that says the command was begun; of one that is pruned, the last number that is."""
        with self._file.reading() as reader:
            row = reader.execute(
                "select min(seq) from records where kind = ? and json_extract(raw, '$.body.order') = ?"
                " and json_extract(raw, '$.body.result') = ?",
                [Kind.ORDER_RECEIVED.value, command, Answered.STARTED.value],
            ).fetchone()
        return self._file.meta.pruned if row[0] is None else int(row[0])

    def pictures_after(self, seq: int) -> frozenset[str]:
        """The pictures that later records name: those stay."""
        with self._file.reading() as reader:
            rows = reader.execute(
                "select json_extract(raw, '$.body.picture') from records where kind = ? and seq > ?",
                [Kind.VISIT_OPENED.value, seq],
            ).fetchall()
        return frozenset(str(name) for (name,) in rows if name)

    def empty(self, up_to: int) -> Emptied:
        """Destroys the values of every record up to this one; `JournalError` if the disk does not take it."""
        records = values = 0
        while True:
            with self._file.writing() as writing:
                rows = writing.connection.execute(
                    "select seq, private from records where seq <= ? and private != '{}' order by seq limit ?",
                    [up_to, AT_ONCE],
                ).fetchall()
                for seq, private in rows:
                    values += _count(private)
                    writing.connection.execute("update records set private = '{}' where seq = ?", [seq])
            reached("outbox.emptied")
            if not rows:
                return Emptied(records, values)
            records += len(rows)

    def write_anew(self) -> None:
        """Writes the file without what was deleted; `JournalError` if the disk does not take it."""
        with self._file.shrinking() as connection:
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)").fetchall()


def _count(private: str) -> int:
    try:
        return len(json.loads(private))
    except (ValueError, TypeError):
        return 1
