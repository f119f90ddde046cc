"""Requests with an Idempotency-Key: one that is sent again is answered as the first was, and nothing is done twice.

Only what was done is kept; a refusal changes nothing, and the same request may succeed later.

Tested in `tests/hub/api/test_passes.py`.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.api.problems import ProblemError
from hub.database.schema import api_answers
from hub.database.statements import insert_new

KEPT = timedelta(days=2)
"""For how long an answer is known."""


class Place(NamedTuple):
    """What a key belongs to, and the digest of what is asked with it."""

    town: str
    caller: str
    key: str
    digest: str


class Answered(NamedTuple):
    """An answer: its status and its JSON."""

    status: int
    body: str


def once(connection: Connection, place: Place, do: Callable[[], Answered], now: datetime) -> tuple[Answered, bool]:
    """Does what is asked, in this transaction, unless it was done before; returns the answer, and True if it is the one of then.

    `ProblemError` (409) where the same key comes with another request.
    """
    connection.execute(delete(api_answers).where(api_answers.c.at < wall_text(now - KEPT)))
    mark = secrets.token_hex(8)
    row = {**place._asdict(), "mark": mark, "status": 0, "body": "", "at": wall_text(now)}
    # of two that come at once the second waits here for the first
    insert_new(connection, api_answers, [row])
    this = [api_answers.c[name] == getattr(place, name) for name in ("town", "caller", "key")]
    kept = connection.execute(select(api_answers).where(*this)).one()
    if kept.mark != mark:
        if kept.digest != place.digest:
            line = "Idempotency-Key: it came with another request before; a new request takes a new key"
            raise ProblemError(HTTPStatus.CONFLICT, line)
        return Answered(kept.status, kept.body), True
    answered = do()
    connection.execute(update(api_answers).where(*this).values(status=int(answered.status), body=answered.body))
    return answered, False
