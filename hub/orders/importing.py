"""Orders from a list: each row is one order to its gates and villages. Tested in `tests/hub/orders/test_importing.py`."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from edge.contract.commands import CommandKind
from hub.accounts import audit
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.imports.plain_list import Columns, Do, moment_of, named, names_in, yes_or_no
from hub.orders import dispatches, recipients, store
from hub.orders.dispatches import Mark
from hub.orders.store import Manner

COLUMNS = Columns(
    {
        "zh": ("中文", "in chinese"), "en": ("英文", "in english"), "gate": ("卡口", "gate"), "unit": ("村", "village"),
        "expires_at": ("失效时间", "holds until"), "due_at": ("回执时限", "receipt due"), "urgent": ("紧急", "urgent"),
        "aloud": ("播报", "read out"), "every_officer": ("逐人确认", "each officer"),
    },
    ("expires_at",),
    (
        "编号", "order", "状态", "state", "下达时间", "sent at", "下达人", "sent by", "显示时间", "shown at", "确认时间", "confirmed at",
        "确认人", "confirmed by", "迟到", "late", "撤回时间", "taken back at", "撤回人", "taken back by", "撤回原因", "taken back because",
        "序号", "no.",
    ),
)  # fmt: skip
EVERY_GATE = ("全部", "所有卡口", "all", "every gate")


class OrderReader:
    """Reads rows of orders; one that was sent before and still holds (the same words, recipients and end) changes nothing."""

    def __init__(self, connection: Connection, town: str, zone: ZoneInfo, by: str, now: datetime) -> None:
        self._connection, self._town, self._zone, self._by, self._now = connection, town, zone, by, now
        # retired ones too: an order to one is refused as that
        self._gates = {each.gate: (each.zh, each.en) for each in gates.every(connection, town)}
        self._open = [each.gate for each in gates.every(connection, town) if not each.retired]
        self._villages = {id_: (each.zh, each.en) for id_, each in recipients.villages(connection, town).items()}
        self._there: set[Mark] = {dispatches.mark(each) for each in dispatches.holding(connection, town, now)}
        self._before: set[Mark] = set()

    def row(self, said: Mapping[str, str]) -> Do | None:
        """An order that is sent; None if it was sent before and still holds."""
        zh, en = said.get("zh", ""), said.get("en", "")
        to = self._to(said.get("gate", ""))
        villages = tuple(self._village(each) for each in names_in(said.get("unit", "")))
        expires = moment_of(said["expires_at"], self._zone)
        if expires <= self._now:
            raise RefusedError("holds until %(found)s: that time is over", found=said["expires_at"][:40])
        due = moment_of(said["due_at"], self._zone) - self._now if said.get("due_at") else None
        urgent, aloud, every = (yes_or_no(said.get(name, "")) for name in ("urgent", "aloud", "every_officer"))
        manner = Manner(urgent, aloud, every, due)
        sent = store.Sending(to, villages, zh, en, expires - self._now, manner)
        new = dispatches.mark_of(zh or en, en or zh, expires, to, villages)
        if new in self._before:
            raise RefusedError("this order stands in this list twice")
        if new in self._there:
            self._before.add(new)
            return None
        store.check(self._connection, self._town, CommandKind.ORDER, sent)
        self._before.add(new)
        return lambda: self._send(sent)

    def _send(self, wanted: store.Sending) -> None:
        store.send(
            self._connection, town=self._town, to=wanted.to, villages=wanted.villages, kind=CommandKind.ORDER, zh=wanted.zh, en=wanted.en,
            lasts=wanted.lasts, manner=wanted.manner, by=self._by, now=self._now,
        )  # fmt: skip

    def _to(self, text: str) -> tuple[str, ...]:
        if text.lower() in EVERY_GATE:
            return tuple(self._open)
        return tuple(dict.fromkeys(self._gate(each) for each in names_in(text)))

    def _gate(self, text: str) -> str:
        if (found := named(self._gates, text)) is None:
            raise RefusedError("gate %(gate)r: there is no such gate", gate=text[:40])
        return found

    def _village(self, text: str) -> str:
        if (found := named(self._villages, text)) is None:
            raise RefusedError("village %(village)r: there is no such village", village=text[:40])
        return found

    def taken(self, new: int, known: int) -> None:
        """Writes the row of the audit that the list was taken."""
        detail = {"added": new, "known": known}
        audit.note(
            self._connection, user=self._by, action="orders imported", object="orders", detail=detail, now=self._now
        )
