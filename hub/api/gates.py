"""The gates, and the hub's alerts. Tested in `tests/hub/api/test_reading.py`."""

from flask import Response

from hub.alerts import reading as alerts_reading
from hub.alerts.reading import Alert
from hub.api import cursors
from hub.api.blueprint import check_range, following, read, said
from hub.api.caller import caller
from hub.api.models import AlertRow, Alerts, AlertsAsked, Gates, GateState
from hub.api.values import Asked, bound
from hub.console.context import hub, now, reading
from hub.gates.status import GateStatus, every_gate
from hub.tokens.scopes import Scope


class NothingAsked(Asked):
    """No parameters."""


@read("/gates", Scope.GATES_READ, Gates)
def gates(query: NothingAsked) -> Response:
    """The gates of the town with their states."""
    return said(Gates(items=[_gate(each) for each in every_gate(reading(), hub().town)]))


def _gate(gate: GateStatus) -> GateState:
    says: dict[str, object] = {"gate": gate.gate, "zh": gate.zh, "en": gate.en, "state": gate.freshness(now()).value}
    says |= {"last_seen": gate.last_seen, "health_at": gate.health_at}
    health = gate.health
    if health is None:
        return GateState.model_validate({**says, "alarms": []})
    own = {name: getattr(health, name) for name in ("clock", "camera", "tank", "backlog", "officer")}
    return GateState.model_validate({**says, **own, "alarms": [str(each) for each in gate.alarms]})


@read("/alerts", Scope.ALERTS_READ, Alerts)
def alerts(query: AlertsAsked) -> Response:
    """The hub's alerts, newest first."""
    check_range(query.start, query.end)
    place = cursors.read("alerts", hub().town, query.after, 1)
    chosen = alerts_reading.Filter(
        severity=query.severity or "",
        gate=query.gate or "",
        state=query.state or "",
        since=bound(query.start),
        until=bound(query.end),
    )
    before = None if place is None else cursors.number(place[0])
    found = alerts_reading.page(reading(), hub().town, chosen, before=before, limit=query.limit + 1)
    items = found[: query.limit]
    after = cursors.write("alerts", hub().town, [str(items[-1].id)]) if len(found) > query.limit else None
    return said(Alerts(items=[_alert(each) for each in items], next=following(after)))


def _alert(alert: Alert) -> AlertRow:
    row = {name: getattr(alert, name) for name in AlertRow.model_fields if name not in ("kind", "detail", "severity")}
    says = {"kind": alert.what, "detail": alert.last_detail, "severity": alert.severity.value}
    return AlertRow.model_validate(caller().shown({**row, **says}))
