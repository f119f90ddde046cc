"""A town's folder opened: settings and keys; and the changes that must reach its gates, each in one transaction.

Whoever changes what gates are told (the command line, the console) does it through here, so that the change, its audit row
and the new version of the signed list are committed together or not at all.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from edge.contract.canonical import public_hex
from edge.contract.messages import Bundle, Signed
from edge.contract.policy import Officer, Policy
from edge.contract.records import wall_text
from edge.contract.values import LONGEST_LINE
from hub.accounts import audit
from hub.accounts import store as accounts
from hub.broker import mosquitto
from hub.downlink import signed_lists
from hub.enrolment import bundle as bundles
from hub.errors import HubError, RefusedError
from hub.gates import store as gates
from hub.orders import pending
from hub.passes import changes, doubts, glyphs, sheet, watchlist
from hub.passes import keys as pass_keys
from hub.passes import store as passes
from hub.passes.importing.preview import Preview, preview
from hub.passes.importing.rows import Here
from hub.passes.terms import terms
from hub.town.operation import Rules
from hub.town.secret_files import read_seed
from hub.town.settings import Settings

REKEY = "rekey"
"""The folder of a rekey that is not through (`hub/rekey`)."""
Detail = Mapping[str, str | int]


@dataclass(frozen=True)
class Town:
    """What stands in a town's folder besides the ledger."""

    settings: Settings
    key: Ed25519PrivateKey
    """The hub's own: it signs heads, lists and the hub's entries."""
    given: Rules | None = None
    """The rules to go by; None: those of operation.toml, read when somebody first asks for them."""

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Reads settings and keys; `HubError` in one line, also for a database that is gone. Not the rules: few need them."""
        settings = Settings.load(folder)
        file = settings.folder / "hub.db"
        if settings.database.url is None and not file.exists():
            # SQLite would make it anew, empty
            raise HubError(f"{file}: not found")
        if (settings.folder / REKEY).exists():
            raise HubError(
                f"{settings.folder}: a rekey was cut off here (kakou-hub --data {folder} rekey goes on with it)"
            )
        return cls(settings, read_seed(settings.keys / "hub.key"))

    @property
    def id(self) -> str:
        """The town's id, which every row carries."""
        return self.settings.town

    @cached_property
    def rules(self) -> Rules:
        """The rules of operation.toml; `HubError` names what is wrong in it."""
        return Rules.load(self.settings.folder) if self.given is None else self.given

    def rules_in_force(self, connection: Connection) -> Rules:
        """The rules to issue passes by: of operation.toml or, while it can't be used, those published last."""
        try:
            return self.rules
        except HubError:
            published = signed_lists.published_rules(connection, self.id)
            if published is None:
                raise RefusedError("operation.toml cannot be used, and no rules were published before") from None
            return published

    def publish_policy(self, connection: Connection, now: datetime) -> Signed:
        """The policy as operation.toml, gates and officers now make it; a new version if that differs from the last."""
        known = gates.infos(connection, self.id)
        for where, gate in self.rules.gates_named():
            if gate not in known:
                raise HubError(f"operation.toml: {where}: there is no gate {gate!r}")
        policy = self.rules.policy(known, _officers(connection))
        return signed_lists.publish(connection, town=self.id, kind="policy", body=policy, key=self.key, now=now)

    def publish_names(self, connection: Connection, now: datetime) -> Signed:
        """The policy published last, with the gates and officers of now; of operation.toml only where none can be read.

        So a gate is retired and a user disabled whatever somebody wrote into that file.
        """
        last = signed_lists.readable_policy(connection, self.id)
        if last is None:
            return self.publish_policy(connection, now)
        named = {"gates": gates.infos(connection, self.id), "officers": tuple(_officers(connection))}
        policy = Policy(**(dict(last) | named))
        return signed_lists.publish(connection, town=self.id, kind="policy", body=policy, key=self.key, now=now)

    def publish_passlist(self, connection: Connection, now: datetime) -> Signed:
        """The pass list as keys, passes and watch list now make it; a new version if that differs from the last."""
        body = passes.passlist(connection, self.id)
        return signed_lists.publish(connection, town=self.id, kind="passlist", body=body, key=self.key, now=now)

    def add_gate(self, connection: Connection, gate: str, *, zh: str, en: str, by: str, now: datetime) -> gates.Gate:
        """A new gate with a signing key of its own; every gate's policy names it."""
        if gates.find(connection, self.id, gate) is not None:
            raise HubError(f"gate {gate!r}: there is one already")
        gates.check_id(gate)
        key = bundles.new_key(self.settings, gate)
        added = gates.add(
            connection, town=self.id, gate=gate, zh=zh or gate, en=en or gate, public_key=public_hex(key), now=now
        )
        self.publish_names(connection, now)
        _note(connection, by, "gate added", f"gates/{gate}", {"number": added.number}, now)
        return added

    def retire_gate(self, connection: Connection, gate: str, *, by: str, now: datetime) -> None:
        """A gate that is given up, or stolen: its records are refused from now on, and no policy names it. What it wrote stands."""
        known = gates.find(connection, self.id, gate)
        if known is None:
            raise HubError(f"gate {gate!r}: there is no such gate")
        if known.retired:
            raise HubError(f"gate {gate!r}: retired already")
        gates.retire(connection, self.id, gate, now)
        self.publish_names(connection, now)
        _note(connection, by, "gate retired", f"gates/{gate}", {"number": known.number}, now)

    def let_gates_in(self, connection: Connection) -> None:
        """Says for the broker which gates may speak now; `OSError` if that can't be written."""
        mosquitto.let_in(self.settings, gates.believed(connection, self.id))

    def bundle(self, connection: Connection, gate: str, *, by: str, now: datetime) -> Bundle:
        """A gate's enrolment bundle: keys and all."""
        known = gates.find(connection, self.id, gate)
        if known is None or known.retired:
            raise HubError(f"gate {gate!r}: there is no such gate (kakou-hub gate add {gate} makes one)")
        policy, passlist = self.publish_names(connection, now), self.publish_passlist(connection, now)
        pending.publish(connection, self.id, gate, key=self.key, now=now)
        command = signed_lists.command(connection, self.id, gate)
        _note(connection, by, "gate bundled", f"gates/{gate}", {}, now)
        return bundles.bundle(
            self.settings, gate, hub_key=self.key, policy=policy, passlist=passlist, command=command, now=now
        )

    def add_user(
        self, connection: Connection, *, login: str, name: str, role: str, password: str, by: str, now: datetime
    ) -> str:
        """A new user; if gates may see them sign on, the policy names them. Gives the id."""
        user = accounts.add_user(
            connection, login=login, name=name, role=role, password=password, now=now, known=(self.id,)
        )
        self.publish_names(connection, now)
        _note(connection, by, "user added", f"users/{user}", {"login": login, "role": role}, now)
        return user

    def set_pin(self, connection: Connection, who: str, pin: str | None, *, by: str, now: datetime) -> None:
        """The PIN with which an officer (id or login) overrides at the gates; None takes it away. The gates hear of it."""
        user = accounts.find_officer(connection, who)
        if user is None:
            raise HubError(f"officer {who!r}: there is no such officer")
        accounts.set_pin(connection, user.id, pin)
        self._publish_pins(connection, now)
        _note(connection, by, "pin taken away" if pin is None else "pin set", f"users/{user.id}", {}, now)

    def set_roster(self, connection: Connection, who: str, at: Sequence[str] | None, *, by: str, now: datetime) -> None:
        """The gates at which an officer (id or login) decides with a PIN; None: all. Only these get its hash."""
        user = accounts.find_officer(connection, who)
        if user is None:
            raise HubError(f"officer {who!r}: there is no such officer")
        known = gates.infos(connection, self.id)
        for gate in at or ():
            if gate not in known:
                raise HubError(f"gate {gate!r}: there is no such gate")
        accounts.set_roster(connection, user.id, at)
        self._publish_pins(connection, now)
        detail = {"gates": "all" if at is None else " ".join(sorted(at)) or "none"}
        _note(connection, by, "roster set", f"users/{user.id}", detail, now)

    def _publish_pins(self, connection: Connection, now: datetime) -> None:
        for gate in gates.infos(connection, self.id):
            pending.publish(connection, self.id, gate, key=self.key, now=now)

    def disable_user(self, connection: Connection, user: str, *, by: str, now: datetime) -> None:
        """A user may no longer log in nor sign on."""
        accounts.disable(connection, user, now)
        self.publish_names(connection, now)
        self._publish_pins(connection, now)
        _note(connection, by, "user disabled", f"users/{user}", {}, now)

    def issue_pass(
        self,
        connection: Connection,
        *,
        plate: str,
        vehicle_class: str,
        allowed: Sequence[str] | None,
        not_before: datetime,
        expires: datetime | None,
        priority: bool | None,
        by: str,
        now: datetime,
        id_: bytes | None = None,
        replaces: str | None = None,
        request: str | None = None,
    ) -> passes.Issued:
        """A signed pass, on the terms of the operation: `allowed`, `expires`, `priority` None are as the class has them.

        `request`: the form that asks; the caller has seen that no pass was issued for it.
        """
        rules = self.rules_in_force(connection)
        _lasts(rules, now)
        pending = terms(
            rules,
            self._gate_numbers(connection),
            plate=plate,
            vehicle_class=vehicle_class,
            allowed=allowed,
            not_before=not_before,
            expires=expires,
            priority=priority,
            glyphs=glyphs.drawable(),
        )
        issued = passes.sign(
            pending,
            id_=secrets.token_bytes(8) if id_ is None else id_,
            key=pass_keys.signing_key(connection, self.id, self.settings.keys),
            by=by,
            now=now,
            replaces=replaces,
        )
        passes.keep(connection, self.id, [issued], request)
        detail = {"class": issued.vehicle_class} | ({} if replaces is None else {"replaces": replaces})
        _note(connection, by, "pass issued", f"passes/{issued.id}", detail, now)
        return issued

    def doubts_about(self, connection: Connection, plate: str, now: datetime) -> tuple[doubts.Doubt, ...]:
        """What speaks against one more pass for a plate, to be confirmed by whoever issues it."""
        return doubts.about_one(connection, self.id, plate, now)

    def preview_import(self, connection: Connection, data: bytes | sheet.Table, name: str, now: datetime) -> Preview:
        """What a list of passes (a file's bytes, or read already) asks for, with every fault and doubt; nothing is changed."""
        rules = self.rules_in_force(connection)
        _lasts(rules, now)
        table = sheet.read(data, name) if isinstance(data, bytes) else data
        here = Here(self.id, rules, gates.infos(connection, self.id), self.settings.zone, now, glyphs.drawable())
        return preview(connection, table, name, here)

    def import_passes(
        self,
        connection: Connection,
        data: bytes | sheet.Table,
        name: str,
        *,
        by: str,
        now: datetime,
        ignored: Collection[str] = (),
        confirmed: bool | str = False,
    ) -> tuple[passes.Issued, ...]:
        """Issues every pass of a list that was not issued before, or none: `RefusedError` with the first fault, doubt or column.

        `ignored`: columns that may stay unread, by name; `confirmed`: the mark of the preview whose doubts were confirmed, or True.
        """
        previewed = self.preview_import(connection, data, name, now)
        if refusal := previewed.refusal(ignored, confirmed is True or confirmed == previewed.mark):
            raise refusal
        key = pass_keys.signing_key(connection, self.id, self.settings.keys)
        issued = tuple(
            passes.sign(each.wanted, id_=secrets.token_bytes(8), key=key, by=by, now=now, reference=each.reference)
            for each in previewed.fresh
        )
        passes.keep(connection, self.id, issued)
        detail: dict[str, str | int] = {"issued": len(issued), "known": len(previewed.rows) - len(issued)}
        if previewed.doubts:
            detail["confirmed"] = len(previewed.doubts)
        if previewed.unread:
            detail["unread"] = ", ".join(previewed.unread)
        _note(connection, by, "passes imported", name, detail, now)
        return issued

    def renew_pass(
        self, connection: Connection, id_: str, *, expires: datetime | None = None, by: str, now: datetime
    ) -> passes.Issued:
        """A new pass like this one, from now until `expires` (None: the class's default); the old one stays until it expires."""
        old = changes.renewable(connection, self.id, id_, now)
        return self._again(connection, old, not_before=now, expires=expires, by=by, now=now)

    def replace_pass(self, connection: Connection, id_: str, *, by: str, reason: str, now: datetime) -> passes.Issued:
        """A new card for a lost one: the old pass is revoked, the new one ends when it would have ended, or the operation does."""
        old = changes.replaceable(connection, self.id, id_, now)
        self.revoke_pass(connection, id_, by=by, reason=reason, now=now)
        begin = max(now, old.not_before)
        end = self.rules_in_force(connection).end
        # set after the old pass was issued, the operation's end cuts the new one
        expires = old.expires if end is None else min(old.expires, end)
        return self._again(connection, old, not_before=begin, expires=expires, by=by, now=now)

    def revoke_pass(self, connection: Connection, id_: str, *, by: str, reason: str, now: datetime) -> passes.Issued:
        """A pass ends; the list that tells the gates is published in the same transaction, as after each change below."""
        revoked = changes.revoke(connection, town=self.id, id_=id_, by=by, reason=reason, now=now)
        return self._told(connection, revoked, "pass revoked", {"reason": reason}, by, now)

    def block_pass(self, connection: Connection, id_: str, *, by: str, reason: str, now: datetime) -> passes.Issued:
        """A pass does not count until it is unblocked."""
        blocked = changes.block(connection, town=self.id, id_=id_, by=by, reason=reason, now=now)
        return self._told(connection, blocked, "pass blocked", {"reason": reason}, by, now)

    def unblock_pass(self, connection: Connection, id_: str, *, by: str, reason: str, now: datetime) -> passes.Issued:
        """A blocked pass counts again; `reason` (may be empty) stands in the audit."""
        unblocked = changes.unblock(connection, town=self.id, id_=id_)
        return self._told(connection, unblocked, "pass unblocked", {"reason": reason}, by, now)

    def rotate_key(
        self, connection: Connection, *, keep_until: datetime | None, by: str, now: datetime
    ) -> pass_keys.PassKey:
        """A new key signs passes; the one before counts until `keep_until` (None: until its last pass has expired)."""
        key = pass_keys.rotate(connection, town=self.id, folder=self.settings.keys, keep_until=keep_until, now=now)
        self.publish_passlist(connection, now)
        _note(connection, by, "key rotated", f"keys/{key.kid}", {}, now)
        return key

    def revoke_key(self, connection: Connection, kid: str, *, by: str, reason: str, now: datetime) -> pass_keys.PassKey:
        """Every pass that a key signed ends."""
        key = pass_keys.revoke_key(connection, town=self.id, kid=kid, by=by, reason=reason, now=now)
        self.publish_passlist(connection, now)
        _note(connection, by, "key revoked", f"keys/{kid}", {"reason": reason, "passes": key.passes}, now)
        return key

    def watch_plate(
        self,
        connection: Connection,
        plate: str,
        *,
        deny_in: bool,
        deny_out: bool,
        notify: bool,
        why: str,
        by: str,
        now: datetime,
    ) -> watchlist.Entry:
        """A plate is watched from now on, or watched otherwise than before."""
        entry = watchlist.add(
            connection,
            town=self.id,
            plate=plate,
            deny_in=deny_in,
            deny_out=deny_out,
            notify=notify,
            why=why,
            by=by,
            now=now,
        )
        self.publish_passlist(connection, now)
        detail: Detail = {"deny_in": deny_in, "deny_out": deny_out, "notify": notify, "why": entry.why}
        _note(connection, by, "plate watched", f"watched/{entry.plate}", detail, now)
        return entry

    def unwatch_plate(self, connection: Connection, plate: str, *, by: str, now: datetime) -> None:
        """A plate is watched no longer."""
        text = watchlist.remove(connection, town=self.id, plate=plate)
        self.publish_passlist(connection, now)
        _note(connection, by, "plate unwatched", f"watched/{text}", {}, now)

    def _again(
        self,
        connection: Connection,
        old: passes.Issued,
        *,
        not_before: datetime,
        expires: datetime | None,
        by: str,
        now: datetime,
    ) -> passes.Issued:
        return self.issue_pass(
            connection,
            plate=old.plate,
            vehicle_class=old.vehicle_class,
            allowed=old.gates,
            not_before=not_before,
            expires=expires,
            priority=old.priority,
            by=by,
            now=now,
            replaces=old.id,
        )

    def _told(
        self, connection: Connection, changed: passes.Issued, action: str, detail: Detail, by: str, now: datetime
    ) -> passes.Issued:
        self.publish_passlist(connection, now)
        _note(connection, by, action, f"passes/{changed.id}", detail, now)
        return changed

    def _gate_numbers(self, connection: Connection) -> dict[str, int]:
        return {gate: info.number for gate, info in gates.infos(connection, self.id).items()}


def _officers(connection: Connection) -> list[Officer]:
    # no PINs: every gate reads the policy, and only an officer's own gates need his (`wanted`)
    return [Officer(id=user.id, name=user.name[:LONGEST_LINE]) for user in accounts.officers(connection)]


def _lasts(rules: Rules, now: datetime) -> None:
    """`RefusedError` once the operation has ended: it gives no passes any more."""
    if rules.end is not None and now >= rules.end:
        raise RefusedError("the operation ended %(at)s: it gives no passes any more", at=wall_text(rules.end))


def _note(connection: Connection, user: str, action: str, object_: str, detail: Detail, now: datetime) -> None:
    audit.note(connection, user=user, action=action, object=object_, detail=detail, now=now)
