"""The parts of the live page: what each shows, as a short mark, so that only what changed is sent and swapped; and a gate's faults in words.

Tested in `tests/hub/gates/test_live.py`.
"""

import hashlib
import re

from flask_babel import gettext

from hub.console.display import alarm_words, amount, count
from hub.console.labels import label
from hub.gates.status import Freshness, GateStatus

_AGES = re.compile(r' (?:data-age|data-hash)="[^"]*"')
"""Grows old by itself on the page."""
LOW_TANK = 0.15


def fingerprint(id_: str, content: str) -> str:
    """The mark of a part: another one if it shows something else; ages go on by themselves and do not count."""
    return hashlib.sha256(f"{id_}\0{_AGES.sub('', str(content))}".encode()).hexdigest()[:8]


def marks(text: str) -> frozenset[str]:
    """The marks of the parts that a page shows, as its question names them."""
    return frozenset(text.split("."))


def faults(gate: GateStatus, freshness: Freshness) -> list[str]:
    """What is wrong with a gate, in words, the gravest first; empty if nothing is known to be."""
    health = gate.health
    if health is None:
        return [gettext("What it says of itself cannot be read.")] if gate.unreadable else []
    found = [alarm_words(alarm) for alarm in gate.alarms]
    if health.camera is False:
        found.append(gettext("Camera failed"))
    if health.tank is not None and not LOW_TANK <= health.tank <= 1:
        share = gate.tank if gate.tank is not None else amount(health.tank * 100)
        found.append(gettext("Tank %(n)s %%", n=share))
    if health.clock != "synced":
        found.append(label("clock", health.clock))
    if health.backlog:
        waiting = gettext("%(n)s waiting to be sent") if freshness is Freshness.LIVE else gettext("%(n)s waited then")
        found.append(waiting % {"n": count(health.backlog)})
    if not health.officer:
        found.append(gettext("Nobody signed on"))
    return found
