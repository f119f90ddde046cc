"""Passes issued and revoked. Tested in `tests/hub/api/test_passes.py`."""

import json
from collections.abc import Callable
from http import HTTPStatus

from flask import Response, request
from sqlalchemy.engine import Connection

from edge.contract.canonical import sha256_hex
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.api import answers
from hub.api.answers import Answered
from hub.api.blueprint import said, write
from hub.api.caller import caller
from hub.api.models import OnceHeader, Pass, PassAsked, PassPlace, RevokeAsked
from hub.api.problems import ProblemError
from hub.console.context import hub, now, reading
from hub.passes import store
from hub.passes.doubts import DoubtfulError, mark
from hub.passes.issue import doubts_about, issue_pass, revoke_pass
from hub.tokens.scopes import Scope

REPLAYED = "Idempotency-Replayed"


_REVOKES = {"revoke": {"operationId": "revoke", "parameters": {"pass_id": "$response.body#/id"}}}


@write("/passes", Scope.PASSES_WRITE, HTTPStatus.CREATED, Pass, _REVOKES)
def issue(header: OnceHeader, body: PassAsked) -> Response:
    """Issues a pass. Doubts (an odd plate, one that has a pass, one that is watched) are named first, and must be confirmed."""
    return _once(header.key, HTTPStatus.CREATED, lambda connection: _issued(connection, body))


@write("/passes/<pass_id>/revoke", Scope.PASSES_WRITE, HTTPStatus.OK, Pass)
def revoke(path: PassPlace, header: OnceHeader, body: RevokeAsked) -> Response:
    """Revokes a pass for good; the gates' list follows in the same transaction."""
    if caller().role is not None and not caller().role.may(Role.SUPERVISOR):  # type: ignore[union-attr]  # a role, as it says before
        raise ProblemError(HTTPStatus.FORBIDDEN, f"the role {caller().role} may not revoke passes: a supervisor may")
    if store.find(reading(), hub().town, path.pass_id) is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "pass_id: there is no such pass")
    return _once(header.key, HTTPStatus.OK, lambda connection: _revoked(connection, path.pass_id, body.reason))


def _issued(connection: Connection, body: PassAsked) -> store.Issued:
    town = hub().opened
    doubts = doubts_about(town, connection, body.plate, now())
    # first, so that a value that can't stand is named before anybody is asked about doubts
    issued = issue_pass(
        town,
        connection,
        plate=body.plate,
        vehicle_class=body.vehicle_class,
        allowed=body.gates,
        not_before=body.start or now(),
        expires=body.end,
        priority=body.priority,
        by=caller().id,
        now=now(),
        confirmed=doubts,
    )
    if doubts and body.confirm != mark(doubts):
        raise DoubtfulError(doubts)
    return issued


def _revoked(connection: Connection, pass_id: str, reason: str) -> store.Issued:
    return revoke_pass(hub().opened, connection, pass_id, by=caller().id, reason=reason, now=now())


def _once(key: str | None, status: HTTPStatus, do: Callable[[Connection], store.Issued]) -> Response:
    """The answer of what a request does; of one with a key that was answered before, the answer of then."""

    def act() -> Answered:
        return Answered(status, said(_pass(do(connection))).get_data(as_text=True))

    digest = sha256_hex(json.dumps([request.path, request.get_data(as_text=True)]).encode("utf-8", "replace"))
    with hub().writing.begin() as connection:
        if key is None:
            answered, again = act(), False
        else:
            place = answers.Place(hub().town, caller().id, key, digest)
            answered, again = answers.once(connection, place, act, now())
    response = Response(answered.body, status=answered.status, mimetype="application/json")
    if again:
        response.headers[REPLAYED] = "true"
    return response


def _pass(issued: store.Issued) -> Pass:
    return Pass(
        id=issued.id,
        plate=issued.plate,
        vehicle_class=issued.vehicle_class,
        gates=None if issued.gates is None else list(issued.gates),
        priority=issued.priority,
        state=issued.state(now()).value,
        not_before=wall_text(issued.not_before),
        expires=wall_text(issued.expires),
        text=issued.text,
        issued_at=wall_text(issued.issued_at),
        issued_by=issued.issued_by,
        revoked_at=None if issued.revoked_at is None else wall_text(issued.revoked_at),
        revoked_reason=issued.revoked_reason,
    )
