"""The types of stored rows: every column holds what its type says, whatever else a damaged file may give.

Tested in `tests/hub/ledger/test_verify.py`.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Integer, LargeBinary, Table, select
from sqlalchemy.engine import Connection

from hub.database.schema import cursors, ledgers, quarantine, signatures
from hub.database.statements import as_stored
from hub.ledger.received import digest
from hub.ledger.verify_walk import BrokenError

CHUNK = 2000
HASH = re.compile("[0-9a-f]{64}")


def check_types(connection: Connection, town: str) -> None:
    """The rows beside the entries have the types of their columns, and quarantined ones the digest of what they hold."""
    for table in (ledgers, cursors, signatures, quarantine):
        query = select(*as_stored(table)).where(table.c.town == town).order_by(*table.primary_key)
        for number, row in enumerate(connection.execute(query.execution_options(yield_per=CHUNK)), start=1):
            place = f"quarantine {row.id}" if table is quarantine else f"{table.name} {number}"
            wrong = fault(table, row._mapping)
            if wrong is not None:
                raise BrokenError(f"{place}{journal_of(row._mapping)}: {wrong}")
            if table is quarantine and row.digest != digest(row.topic, row.raw, row.hash):
                raise BrokenError(f"{place}{journal_of(row._mapping)}: topic or raw is not what its digest says")


def fault(table: Table, row: Mapping[Any, Any]) -> str | None:
    """What is wrong with the type of a stored row's first bad column, without its value."""
    for column in table.columns:
        value = row[column.name]
        if value is None and column.nullable:
            continue
        if isinstance(column.type, Integer):
            if not isinstance(value, int):
                return f"{column.name} is not a whole number"
        elif isinstance(column.type, LargeBinary):
            if not isinstance(value, bytes):
                return f"{column.name} is not bytes"
        elif not is_text(value):
            return f"{column.name} is not text"
        elif column.name in ("hash", "prev", "chain") and not HASH.fullmatch(value):
            return f"{column.name} is not 64 hexadecimal digits"
    return None


def journal_of(row: Mapping[Any, Any]) -> str:
    """` (gate east, seq 3)`, as far as the row says so in the right types."""
    parts = [f"gate {row['gate']}"] if "gate" in row and is_text(row["gate"]) else []
    parts += [f"seq {row['seq']}"] if "seq" in row and isinstance(row["seq"], int) else []
    return f" ({', '.join(parts)})" if parts else ""


def is_text(value: object) -> bool:
    # a surrogate stands for a byte that is no UTF-8
    return isinstance(value, str) and not any("\ud800" <= each <= "\udfff" for each in value)
