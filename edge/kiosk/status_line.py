"""The signs of the screen's top line, as plain words: link, backlog, lists, who is inside, solution, clock, camera.

What is queued is never called received, and what is old says how old.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from edge.contract.facts import ClockTrust
from edge.contract.policy import Policy
from edge.gate.view import GateView
from edge.kiosk.desk import News
from edge.kiosk.words import _, age, lacking

LITTLE_DISK = 500 * 1024 * 1024
"""Bytes below which the screen says that the disk is filling up."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: `good`, `warn` or `bad`, and what is said."""

    look: str
    text: str

    @property
    def mark(self) -> str:
        """The shape of the sign, for who does not see its colour."""
        return {"good": "✓", "warn": "▲", "bad": "✕"}[self.look]


def signs(view: GateView, news: News, policy: Policy | None, now: datetime) -> Iterator[Sign]:
    """The signs in their order; a sign that matters only in a fault is left out while all is well."""
    yield link(news)
    # what cannot be read is neither queued nor received
    yield backlog(news) if view.fault is None else Sign("bad", _("no records are kept"))
    yield lists(news, policy, now)
    yield inside(news, now)
    yield solution(view, now)
    if news.tank is not None:
        yield Sign("good", _("tank filled")) if news.tank else Sign("warn", _("the tank is low"))
    yield clock(news)
    if news.camera is False:
        yield Sign("bad", _("no camera picture"))
    if news.disk_free is not None and news.disk_free < LITTLE_DISK:
        yield Sign("warn", _("disk: %(mb)s MB left", mb=news.disk_free // 2**20))


def link(news: News) -> Sign:
    """The sign of the link to the hub."""
    if news.connected and news.hub_online:
        return Sign(
            "good", _("linked, last answer %(age)s ago", age=age(news.ack_age)) if news.ack_age else _("linked")
        )
    return Sign("warn", _("no link for %(age)s", age=age(news.ack_age)) if news.ack_age else _("no link"))


def backlog(news: News) -> Sign:
    """The sign of the records that the hub does not hold yet."""
    if news.backlog:
        return Sign("warn", _("%(n)s queued, not received yet", n=news.backlog))
    return Sign("good", _("all received"))


def lists(news: News, policy: Policy | None, now: datetime) -> Sign:
    """How old the older of policy and pass list is."""
    old = since(news.lists_received, now)
    return Sign("warn" if stale(old, policy) else "good", _("lists %(age)s old", age=age(old)))


def inside(news: News, now: datetime) -> Sign:
    """How many vehicles are inside, and from when that is if it is not from now."""
    age_of_sightings = since(news.sightings_received, now)
    if news.connected and news.hub_online and age_of_sightings is not None:
        return Sign("good", _("%(n)s inside", n=news.inside))
    if age_of_sightings is None:
        return Sign("warn", _("inside: not known yet"))
    return Sign("warn", _("%(n)s inside, as of %(age)s ago", n=news.inside, age=age(age_of_sightings)))


def solution(view: GateView, now: datetime) -> Sign:
    """How long what is in the tanks counts."""
    if not view.solution_valid:
        return Sign("warn", " · ".join(lacking(view)))
    return Sign("good", _("solution good for %(age)s", age=age(good_for(view, now))))


def good_for(view: GateView, now: datetime) -> float | None:
    """Seconds until the first of the batches in the tanks expires; None: there is none."""
    return min(((tank.batch.expires_at - now).total_seconds() for tank in view.tanks if tank.batch), default=None)


def clock(news: News) -> Sign:
    """How far the gate's clock can be trusted."""
    match news.clock:
        case ClockTrust.SYNCED:
            return Sign("good", _("clock right"))
        case ClockTrust.RTC:
            return Sign("good", _("clock by its battery"))
        case ClockTrust.UNSYNCED:
            return Sign("warn", _("clock not set"))


def since(then: datetime | None, now: datetime) -> float | None:
    """Seconds since a moment; None for never."""
    return None if then is None else (now - then).total_seconds()


def stale(seconds: float | None, policy: Policy | None) -> bool:
    """Returns True if lists of this age are old by the operation's rules, or if there are no lists (`seconds` is None)."""
    return seconds is None or (policy is not None and seconds > policy.stale_hours * 3600)
