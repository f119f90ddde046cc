"""What a duty officer does at the command post: sign on, relieve, write a note, hand over, sign off.

All of it is written as the hub's own entries (`duty_started`, `duty_noted`, `duty_offered`, `duty_ended`) and not only as rows of a table:
an entry is chained and signed, `verify` finds a row that was changed or taken away, and the text of a note is destroyed with the other
personal values when the operation ends. Each act is in the audit, too. Tested in `tests/hub/shifts/test_store.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.facts import LONGEST_PRIVATE, DutyEnded, DutyNoted, DutyOffered, DutyStarted, Fact, Kind
from edge.contract.records import wall_text
from edge.contract.values import LONGEST_LINE, visible, visible_lines
from hub.accounts import audit
from hub.database.schema import duty_notes
from hub.errors import RefusedError
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own
from hub.shifts.store import Figures, Offer, latest, offers, on_duty

LONGEST_NOTE = LONGEST_PRIVATE
LONGEST_WHY = LONGEST_LINE
MOST_MATTERS = 200
"""Open matters that an entry names; the rest it counts."""
SENT_TWICE = timedelta(seconds=30)
"""The same words again within this time are the same form sent again."""


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
        shift = latest(self.connection, self.town) if on_duty(self.connection, self.town) else None
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
        shift = latest(self.connection, self.town)
        written = _text(text)
        if not self._said_just_now(written, handing_over=False):
            body = DutyNoted(user=self.user, shift=shift)
            self._write(Kind.DUTY_NOTED, body, "duty note", shift, {}, written)

    def offer(self, *, to: str | None, text: str, open_matters: int, matters: Sequence[str], figures: Figures) -> None:
        """Hands the post over: it counts once the next officer signs on."""
        self._mine()
        if to == self.user:
            raise RefusedError("hand over to somebody else")
        written = _text(text) if text.strip() else ""
        if self._said_just_now(written, handing_over=True):
            return
        shift = latest(self.connection, self.town)
        body = DutyOffered(
            user=self.user, shift=shift, to=to, open_matters=open_matters, matters=_few(matters),
            entered=figures.entered, left=figures.left, turned_back=figures.turned_back,
            disinfected=figures.disinfected, inside=figures.inside or 0,
        )  # fmt: skip
        detail = {"open_matters": open_matters, "to": to}
        self._write(Kind.DUTY_OFFERED, body, "duty offered", shift, detail, written)

    def sign_off(self, duty_user: str, *, why: str = "") -> None:
        """Ends the user's duty, or for a reason another's; `RefusedError` where there is none."""
        if duty_user not in [each.user for each in on_duty(self.connection, self.town)]:
            raise RefusedError("that officer is not on duty any more")
        if duty_user != self.user and not why.strip():
            raise RefusedError("reason: expected 1 to %(most)s characters", most=LONGEST_WHY)
        shift = latest(self.connection, self.town)
        reason = visible(why.strip())[:LONGEST_WHY]
        body = DutyEnded(user=duty_user, shift=shift, by=self.user, why=reason)
        detail = {"why": reason} if reason else {}
        self._write(Kind.DUTY_ENDED, body, "duty ended", f"{shift}/{duty_user}", detail)

    def _said_just_now(self, text: str, *, handing_over: bool) -> bool:
        """Returns True if the user's last word was the same, moments ago: the form was sent twice."""
        query = select(duty_notes).where(duty_notes.c.town == self.town, duty_notes.c.user == self.user)
        last = self.connection.execute(query.order_by(duty_notes.c.entry.desc()).limit(1)).first()
        if last is None or last.at < wall_text(self.now - SENT_TWICE):
            return False
        return last.text == text and (last.handover is not None) is handing_over

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


def _few(matters: Sequence[str]) -> tuple[str, ...]:
    return tuple(each[:64] for each in matters[:MOST_MATTERS])


def _text(text: str) -> str:
    found = visible_lines(text.replace("\r\n", "\n").strip())
    if not 0 < len(found) <= LONGEST_NOTE:
        raise RefusedError("note: expected 1 to %(most)s characters", most=LONGEST_NOTE)
    return found
