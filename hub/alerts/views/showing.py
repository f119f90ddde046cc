"""What templates ask about alerts: those that call, the words around one, and where it leads. Plates are masked here, by the reader's role.

Tested in `tests/hub/alerts/test_views.py`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from flask import Flask, g, url_for
from flask_babel import gettext

from hub.accounts.privacy import masks
from hub.accounts.roles import Role
from hub.alerts import reading
from hub.alerts.kinds import AlertKind
from hub.alerts.not_storing import Trouble
from hub.alerts.reading import Alert
from hub.alerts.views.pauses import PAUSES
from hub.console import context
from hub.console.alert_words import COMMENTS
from hub.console.context import hub, now, role
from hub.console.display import alarm_words, gate_name, particulars
from hub.console.labels import LABELS
from hub.console.times import day_and_time, time_of_day

_OF_ALARMS = frozenset(
    {
        AlertKind.CAMERA, AlertKind.SPRAYER, AlertKind.TANK, AlertKind.DEVICE, AlertKind.GATE_STORAGE, AlertKind.GATE_ANEW,
        AlertKind.REFUSED_LISTS, AlertKind.GATE_ALARM,
    }
)  # fmt: skip
"""Kinds that stand for several alarms of a gate: which one it is belongs to the detail."""


def calling_alerts() -> list[Alert]:
    """The alerts of the bar, the worst first; looked up once a request."""
    if "calling_alerts" not in g:
        g.calling_alerts = shown(reading.in_bar(context.reading(), hub().town, now()))
    found: list[Alert] = g.calling_alerts
    return found


def calling_count() -> int:
    """How many alerts call, whose cause is not over."""
    return sum(each.ended_at is None for each in calling_alerts())


def shown(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts as a reader of this role may see them."""
    mask = masks(role()).get("plate")
    return [replace(each, plate=mask(each.plate)) if mask and each.plate else each for each in alerts]


def alert_place(alert: Alert) -> str:
    """Gate and lane of an alert, as they follow its title."""
    gate = "" if alert.gate is None else f" · {gate_name(alert.gate)}"
    lane = "" if alert.lane is None else f" · {gettext('Lane %(lane)s', lane=alert.lane)}"
    return gate + lane


def alert_detail_of(alert: Alert, detail: str) -> str:
    """One of an alert's details in words; empty if the title says it all."""
    words = particulars(detail) if detail else ""
    if alert.what in _OF_ALARMS:
        words = ": ".join(filter(None, (str(alarm_words(alert.subject)), words)))
    return words


def alert_detail(alert: Alert) -> str:
    """The rest of an alert's line: its last detail, when it happened, how often."""
    parts = [alert_detail_of(alert, alert.last_detail)]
    if alert.late:
        happened = day_and_time(alert.happened_at)
        parts.append(gettext("happened %(at)s, known since %(then)s", at=happened, then=time_of_day(alert.last_at)))
    else:
        parts.append(day_and_time(alert.last_at))
    if alert.times > 1:
        parts.append(gettext("%(n)s times", n=alert.times))
    if alert.ended_at is not None:
        parts.append(gettext("over"))
    return " · ".join(filter(None, parts))


def alert_leads(alert: Alert) -> list[tuple[str, str]]:
    """(words, address) of the pages that an alert leads to, the nearest first."""
    found = []
    if alert.conflict_id is not None:
        found.append((gettext("The conflict"), url_for("conflicts.show", conflict_id=alert.conflict_id)))
    if alert.visit_id is not None:
        found.append((gettext("The visit"), url_for("ledger.visit", visit_id=alert.visit_id)))
    if alert.visit_id is not None and (alert.plate or alert.pass_id):
        found.append((gettext("The vehicle"), url_for("vehicles.of_visit", visit_id=alert.visit_id)))
    if alert.what == AlertKind.ORDER_UNANSWERED:
        found.append((gettext("The order"), url_for("orders.show", order_id=alert.subject.partition("/")[0])))
    if alert.what == AlertKind.QUESTION_OVERDUE:
        found.append((gettext("The question"), url_for("questions.show", question_id=alert.subject)))
    if alert.what in _PAGES and role().may(_LEAST.get(alert.what, Role.VIEWER)):
        words, endpoint = _PAGES[alert.what]
        found.append((gettext(words), url_for(endpoint)))
    if alert.what in (AlertKind.REGISTER_OVERDUE, AlertKind.REGISTER_ESCALATED):
        found.append((gettext("The overdue rows"), f"/registers/{alert.subject}?overdue=y"))
    if alert.visit_id is None and alert.lane is not None and (span := alert.around) is not None:
        found.append((gettext("The gate's crossings then"), _crossings(alert, *span)))
    if alert.gate is not None:
        found.append((gettext("The gate's crossings"), url_for("ledger.visits", gate=alert.gate)))
    return found


def _crossings(alert: Alert, begin: datetime, end: datetime) -> str:
    """The ledger's page of what came to a gate in a span, for an alarm that cannot name its vehicle."""
    start, until = (each.astimezone(hub().zone).strftime("%Y-%m-%dT%H:%M:%S") for each in (begin, end))
    return url_for("ledger.visits", gate=alert.gate, start=start, end=until)


def not_storing() -> str | None:
    """Why the hub cannot store what gates send, for every page."""
    return Trouble(hub().settings.run).read()


def _(text: str) -> str:
    return text


_LEAST: dict[str, Role] = {
    AlertKind.FEED: Role.ADMIN,
    AlertKind.ROSTER_GAP: Role.OFFICER,
    AlertKind.UNATTENDED: Role.OFFICER,
}
"""Who may open the page of a kind, where not everybody may."""
_PAGES: dict[str, tuple[str, str]] = {
    AlertKind.ROSTER_GAP: (_("The roster"), "roster.every"),
    AlertKind.UNATTENDED: (_("The roster"), "roster.every"),
    AlertKind.TWICE: (_("Conflicts"), "conflicts.every"),
    AlertKind.QUARANTINE: (_("Quarantine"), "quarantine.every"),
    AlertKind.STANDSTILL: (_("Quarantine"), "quarantine.every"),
    AlertKind.NOT_KEPT: (_("Quarantine"), "quarantine.every"),
    AlertKind.FORK: (_("Quarantine"), "quarantine.every"),
    AlertKind.LATE: (_("Quarantine"), "quarantine.every"),
    AlertKind.FEED: (_("Outgoing feed"), "feed.every"),
    AlertKind.UNREGISTERED: (_("Live"), "gates.live"),
    AlertKind.SILENT: (_("Live"), "gates.live"),
}
"""Kinds that lead to a list."""


def register(app: Flask) -> None:
    """Gives these functions to the templates."""
    for function in (calling_alerts, calling_count, alert_place, alert_detail, alert_detail_of, alert_leads):
        app.jinja_env.globals[function.__name__] = function
    app.jinja_env.globals.update(
        alert_comments=COMMENTS, alert_pauses={code: words for code, (words, _) in PAUSES.items()}
    )
    assert LABELS["alert"].keys() >= set(AlertKind), "a kind without words"
