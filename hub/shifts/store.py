"""The shifts of the command post: signing on, notes, handing over, signing off, and the SQL of who was on duty when.

All of it is written as the hub's own entries (`duty_started`, `duty_noted`, `duty_offered`, `duty_ended`) and not only as rows of a table:
an entry is chained and signed, `verify` finds a row that was changed or taken away, and the text of a note is destroyed with the other
personal values when the operation ends. The tables `duties` and `duty_notes` are derived from the entries. Each act is in the audit, too.

A shift of the post goes from one handover to the next. It begins when an officer signs on at a post where nobody is, or relieves another.
Others may sign on beside them and sign off; whoever stays while the post is handed over goes on in the next shift.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Row, func, select
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.facts import LONGEST_PRIVATE, DutyEnded, DutyNoted, DutyOffered, DutyStarted, Fact, Kind
from edge.contract.records import wall_text
from edge.contract.values import LONGEST_LINE, visible, visible_lines
from hub.accounts import audit
from hub.database.schema import duties, duty_notes
from hub.errors import RefusedError
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own
from hub.values.stored import said, time_of

LONGEST_NOTE = LONGEST_PRIVATE
LONGEST_WHY = LONGEST_LINE
MOST_MATTERS = 200
"""Open matters that an entry names; the rest it counts."""
OFFER_HOLDS = timedelta(hours=2)
"""How long somebody may take up a handover: later its figures and matters say nothing of the post."""


@dataclass(frozen=True, slots=True)
class Duty:
    """An officer's time at the post, as its row says it; `ended_at` None: on duty now."""

    entry: int
    user: str
    shift: str
    started_at: str
    relieves: str | None
    offer: int | None
    why: str
    open_matters: int
    taken: tuple[str, ...]
    ended_at: str | None
    ended_by: str | None
    ended_why: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a shift did: vehicles in, out, turned back, disinfected; and inside at its end."""

    entered: int = 0
    left: int = 0
    turned_back: int = 0
    disinfected: int = 0
    inside: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """Something a duty officer wrote down."""

    entry: int
    shift: str
    user: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A handover as the outgoing officer signed it; `to` None: to any officer."""

    entry: int
    shift: str
    user: str
    at: str
    text: str
    to: str | None
    open_matters: int
    matters: tuple[str, ...]
    figures: Figures


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift of the post; `ended_at` None: it goes on. `officers`: all who were on duty during it, in order of signing on."""

    id: str
    started_at: str
    ended_at: str | None
    officers: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """The command post of a town, as a user acts on it now."""

    connection: Connection
    town: str
    user: str
    key: Ed25519PrivateKey
    now: datetime

    def sign_on(self, *, open_matters: int, taken: Sequence[str]) -> None:
        """Begins a shift, or joins the one that goes on; `RefusedError` if the user is on duty already."""
        self._off_duty()
        shift = _latest(self.connection, self.town) if on_duty(self.connection, self.town) else None
        body = DutyStarted(user=self.user, shift=shift or uuid4().hex, open_matters=open_matters, taken=_few(taken))
        self._write(Kind.DUTY_STARTED, body, "duty started", body.shift, {"open_matters": open_matters})

    def relieve(
        self, duty_user: str, *, offer: Offer | None, why: str = "", open_matters: int, taken: Sequence[str]
    ) -> None:
        """Begins the next shift in the place of an officer: with that officer's `offer`, or for a reason why there is none."""
        self._off_duty()
        if duty_user not in [each.user for each in on_duty(self.connection, self.town)]:
            raise RefusedError("that officer is not on duty any more")
        standing = None if offer is None else offers(self.connection, self.town, self.now).get(duty_user)
        if offer is not None and (standing is None or standing.entry != offer.entry):
            raise RefusedError("that handover does not stand any more")
        if offer is not None and offer.to not in (None, self.user):
            raise RefusedError("the post is handed over to somebody else")
        if offer is None and not why.strip():
            raise RefusedError("reason: expected 1 to %(most)s characters", most=LONGEST_WHY)
        body = DutyStarted(
            user=self.user,
            shift=uuid4().hex,
            relieves=duty_user,
            offer=None if offer is None else offer.entry,
            why="" if offer is not None else visible(why.strip())[:LONGEST_WHY],
            open_matters=open_matters,
            taken=_few(taken),
        )
        detail: dict[str, Json] = {
            "relieves": duty_user,
            "open_matters": open_matters,
            **({"why": body.why} if body.why else {}),
        }
        self._write(Kind.DUTY_STARTED, body, "duty taken over", body.shift, detail)

    def note(self, text: str) -> None:
        """Writes a note down; only somebody on duty may."""
        self._mine()
        shift = _latest(self.connection, self.town)
        body = DutyNoted(user=self.user, shift=shift)
        self._write(Kind.DUTY_NOTED, body, "duty note", shift, {}, _text(text))

    def offer(self, *, to: str | None, text: str, open_matters: int, matters: Sequence[str], figures: Figures) -> None:
        """Hands the post over: it counts once the next officer signs on."""
        self._mine()
        if to == self.user:
            raise RefusedError("hand over to somebody else")
        shift = _latest(self.connection, self.town)
        body = DutyOffered(
            user=self.user, shift=shift, to=to, open_matters=open_matters, matters=_few(matters),
            entered=figures.entered, left=figures.left, turned_back=figures.turned_back,
            disinfected=figures.disinfected, inside=figures.inside,
        )  # fmt: skip
        detail = {"open_matters": open_matters, "to": to}
        self._write(Kind.DUTY_OFFERED, body, "duty offered", shift, detail, _text(text) if text.strip() else "")

    def sign_off(self, duty_user: str, *, why: str = "") -> None:
        """Ends the user's duty, or for a reason another's; `RefusedError` where there is none."""
        if duty_user not in [each.user for each in on_duty(self.connection, self.town)]:
            raise RefusedError("that officer is not on duty any more")
        if duty_user != self.user and not why.strip():
            raise RefusedError("reason: expected 1 to %(most)s characters", most=LONGEST_WHY)
        shift = _latest(self.connection, self.town)
        reason = visible(why.strip())[:LONGEST_WHY]
        body = DutyEnded(user=duty_user, shift=shift, by=self.user, why=reason)
        detail = {"why": reason} if reason else {}
        self._write(Kind.DUTY_ENDED, body, "duty ended", f"{shift}/{duty_user}", detail)

    def _off_duty(self) -> None:
        if self.user in [each.user for each in on_duty(self.connection, self.town)]:
            raise RefusedError("you are on duty already")

    def _mine(self) -> None:
        if self.user not in [each.user for each in on_duty(self.connection, self.town)]:
            raise RefusedError("you are not on duty")

    def _write(
        self, kind: Kind, body: Fact, action: str, object_: str, detail: Mapping[str, Json], text: str = ""
    ) -> None:
        append_own(
            self.connection, town=self.town, kind=kind, visit=None, body=body,
            private={"remark": text} if text else {}, at=moment(self.now), key=self.key,
        )  # fmt: skip
        audit.note(
            self.connection, user=self.user, action=action, object=f"shift/{object_}", detail=detail, now=self.now
        )


def on_duty(connection: Connection, town: str) -> list[Duty]:
    """Who is on duty now, in order of signing on."""
    query = select(duties).where(duties.c.town == town, duties.c.ended_at.is_(None)).order_by(duties.c.entry)
    return [_duty(row) for row in connection.execute(query)]


def current_shift_start(connection: Connection, town: str, now: datetime) -> datetime | None:
    """When the post's present shift began; None if nobody is on duty."""
    if not on_duty(connection, town):
        return None
    shift = _latest(connection, town)
    query = select(func.min(duties.c.started_at)).where(duties.c.town == town, duties.c.shift == shift)
    began = time_of(connection.execute(query).scalar())
    return None if began is None else min(began, now)


def _latest(connection: Connection, town: str) -> str:
    """The shift in which somebody signed on last; empty if nobody ever did."""
    query = select(duties.c.shift).where(duties.c.town == town).order_by(duties.c.entry.desc()).limit(1)
    return connection.execute(query).scalar() or ""


def offers(connection: Connection, town: str, now: datetime) -> dict[str, Offer]:
    """The last handover of each officer on duty that may still be taken up, by the officer."""
    found = {}
    since = wall_text(now - OFFER_HOLDS)
    for duty in on_duty(connection, town):
        query = (
            select(duty_notes)
            .where(
                duty_notes.c.town == town,
                duty_notes.c.user == duty.user,
                duty_notes.c.handover.is_not(None),
                duty_notes.c.entry > duty.entry,
                duty_notes.c.at >= since,
            )
            .order_by(duty_notes.c.entry.desc())
            .limit(1)
        )
        row = connection.execute(query).first()
        if row is not None:
            found[duty.user] = _offer(row)
    return found


def _few(matters: Sequence[str]) -> tuple[str, ...]:
    return tuple(each[:64] for each in matters[:MOST_MATTERS])


def _text(text: str) -> str:
    found = visible_lines(text.replace("\r\n", "\n").strip())
    if not 0 < len(found) <= LONGEST_NOTE:
        raise RefusedError("note: expected 1 to %(most)s characters", most=LONGEST_NOTE)
    return found


def _duty(row: Row) -> Duty:  # type: ignore[type-arg]
    return Duty(
        row.entry, row.user, row.shift, row.started_at, row.relieves, row.offer, row.why, row.open_matters,
        _names(row.taken), row.ended_at, row.ended_by, row.ended_why,
    )  # fmt: skip


def _offer(row: Row) -> Offer:  # type: ignore[type-arg]
    handover = said(row.handover)
    figures = Figures(**{name: int(handover.get(name) or 0) for name in Figures.__dataclass_fields__})
    return Offer(
        row.entry, row.shift, row.user, row.at, row.text, handover.get("to"), int(handover.get("open_matters") or 0),
        tuple(handover.get("matters") or ()), figures,
    )  # fmt: skip


def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
