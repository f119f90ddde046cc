"""A town for tests: founded as `init` does it, with users, gates and passes, and gates that seal and sign real records.

`Gate.visit(...)` writes a vehicle's records into the gate's journal; `Gate.batch()` is what its uplink would send.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update
from sqlalchemy.engine import Connection, Engine

from edge.contract import facts, records
from edge.contract.canonical import sha256_hex, sign
from edge.contract.facts import Disinfection, Fact, Kind, Outcome, ReadBy
from edge.contract.messages import MAX_BATCH_RECORDS, Batch
from edge.contract.reasons import Direction, Reason, verdict_of
from edge.contract.records import Sealed
from hub.accounts.roles import Role
from hub.backup import key as backup_key
from hub.backup.age import SecretKey
from hub.database import schema
from hub.enrolment.bundle import key_file
from hub.enrolment.gates import add_gate
from hub.enrolment.officers import add_user
from hub.lifecycle.founding import found
from hub.town.secret_files import read_seed
from hub.town.settings import Settings
from hub.town.town import Town

NOW = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
"""Half past noon in the town."""
PASSWORD = "correct horse"
BACKUP_KEY = SecretKey("AGE-SECRET-KEY-1ERLCNNR30KSZKXWXQ0UATVN7QE3P8Y9KR4U9PPMYJ2ZVGSZGQX4SMXGVEM")
"""The secret half of these towns' backup key."""
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GATES = {"east": ("东门", "East"), "south": ("南门", "South"), "west": ("西门", "West"), "north": ("北门", "North")}
PEOPLE = {Role.VIEWER: "赵敏", Role.OFFICER: "王伟", Role.SUPERVISOR: "李芳", Role.ADMIN: "陈静"}


@dataclass
class Gate:
    """One gate's journal: records sealed and chained as its outbox does it."""

    town: str
    id: str
    key: Ed25519PrivateKey
    epoch: str
    officer: str | None = None
    sealed: list[Sealed] = field(default_factory=list)
    sent: int = 0
    _visits: count = field(default_factory=lambda: count(1))  # type: ignore[type-arg]

    def keep(
        self,
        kind: Kind,
        body: Fact,
        at: datetime,
        *,
        visit: str | None = None,
        private: Mapping[str, str] | None = None,
        clock: str = "synced",
    ) -> None:
        """Seals one record after those before it."""
        seq = len(self.sealed) + 1
        place = records.At(
            wall=records.wall_text(at), boot="00" * 16, mono_ms=1000 * seq, clock=facts.ClockTrust(clock)
        )
        self.sealed.append(
            records.seal(
                town=self.town,
                gate=self.id,
                epoch=self.epoch,
                seq=seq,
                kind=kind,
                visit=visit,
                lane="1" if visit else None,
                at=place,
                body=body,
                private=private or {},
                prev=self.sealed[-1].hash if self.sealed else records.ZERO_HASH,
                salt=lambda: sha256_hex(f"{self.id} {seq}".encode())[:32],
            )
        )

    def visit(
        self,
        plate: str,
        at: datetime,
        *,
        direction: str = "in",
        reason: str = "disinfection_due",
        vehicle_class: str | None = "resident",
        read_by: str = "qr",
        pass_id: str | None = None,
        outcome: str | None = "passed",
        sprayed: bool = True,
        disinfection: str = "required",
        private: Mapping[str, str] | None = None,
        clock: str = "synced",
        picture: str | None = None,
    ) -> str:
        """A vehicle comes, is sprayed if it is to be, and leaves the lane after 40 s (`outcome` None: it still stands there)."""
        visit = sha256_hex(f"{self.id} {next(self._visits)}".encode())[:32]
        verdict = verdict_of(Reason(reason), Direction(direction))
        opened = facts.VisitOpened(
            read_by=ReadBy(read_by), direction=Direction(direction), verdict=verdict, reason=Reason(reason),
            vehicle_class=vehicle_class, pass_id=pass_id, officer=self.officer, operation="op-1",
            disinfection=Disinfection(disinfection), policy=1, passlist=1, picture=picture,
        )  # fmt: skip
        personal = {"plate": plate, **(private or {})} if plate else dict(private or {})
        self.keep(Kind.VISIT_OPENED, opened, at, visit=visit, private=personal, clock=clock)
        if sprayed and outcome == "passed":
            spray = facts.Disinfected(
                batch="b-1", agent="chlorine", concentration="500 mg/L", parts=("tyres", "chassis"), washed_first=False,
                seconds=10.0, litres=2.5, contact_minutes=None, verified_by=facts.VerifiedBy.SENSOR, officer=self.officer,
            )  # fmt: skip
            self.keep(Kind.DISINFECTED, spray, at + timedelta(seconds=25), visit=visit, clock=clock)
        if outcome:
            closed = facts.VisitClosed(outcome=Outcome(outcome), officer=self.officer)
            self.keep(Kind.VISIT_CLOSED, closed, at + timedelta(seconds=40), visit=visit, clock=clock)
        return visit

    def batch(self) -> Batch:
        """What was kept and not sent yet, signed as the uplink signs it."""
        waiting = tuple(self.sealed[self.sent : self.sent + MAX_BATCH_RECORDS])
        self.sent += len(waiting)
        head = records.signed_head(self.town, self.id, self.epoch, self.sent, waiting[-1].hash)
        return Batch(
            town=self.town, gate=self.id, epoch=self.epoch, records=waiting, seq=self.sent, sig=sign(self.key, head)
        )


@dataclass
class Place:
    """A founded town, its writing engine, its gates, and the ids of its users by role."""

    folder: Path
    town: Town
    engine: Engine
    gates: dict[str, Gate]
    users: dict[Role, str]


def build(folder: Path, *, language: str = "en", now: datetime = NOW) -> Place:
    """Founds a town with four gates and a user of each role, whose login is the role's name."""
    town = found(Settings.of({"town": "demo", "language": language}, folder), now).town
    (town.settings.keys / backup_key.FILE).write_text(BACKUP_KEY.recipient.text, encoding="ascii")
    engine = town.writer()
    with engine.begin() as connection:
        users = {role: _user(town, connection, role, now) for role in Role}
        for gate, (zh, en) in GATES.items():
            add_gate(town, connection, gate, zh=zh, en=en, by="cli", now=now)
        # a hash says itself what it costs to check: these cost nothing, for hundreds of tests sign in
        connection.execute(
            update(schema.users).values(password=CHEAP.hash(PASSWORD)).where(schema.users.c.login != "admin")
        )
    gates = {
        gate: Gate(town.id, gate, read_seed(key_file(town.settings, gate)), sha256_hex(gate.encode())[:32], users[Role.OFFICER])
        for gate in GATES
    }  # fmt: skip
    return Place(folder, town, engine, gates, users)


def _user(town: Town, connection: Connection, role: Role, now: datetime) -> str:
    # the founder made `admin` already
    login = "boss" if role is Role.ADMIN else role.value
    return add_user(town, connection, login=login, name=PEOPLE[role], role=role, password=PASSWORD, by="cli", now=now)
