"""One sample of everything that gate and hub say, from fixed keys, so that the files in edge/contract/examples never drift.

`python -m tests.contract.samples` writes the files; the tests compare them with what the code makes now.
"""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract import commands, messages, passes, policy, records
from edge.contract import facts as contract_facts
from edge.contract import message as contract_message
from edge.contract.canonical import public_hex, sha256_hex, sign
from edge.contract.facts import Kind
from edge.contract.topics import HUB, Name, Topic

EXAMPLES = Path(__file__).parents[2] / "edge" / "contract" / "examples"

NEGATIVE = EXAMPLES / "negative"

TOWN, GATE = "demo", "east"
GATE_KEY = Ed25519PrivateKey.from_private_bytes(b"a gate's key, for examples only.")
HUB_KEY = Ed25519PrivateKey.from_private_bytes(b"the hub's key, for examples only")
PASS_KEY = Ed25519PrivateKey.from_private_bytes(b"the key of passes, for examples.")
KID = passes.key_id(bytes.fromhex(public_hex(PASS_KEY)))
EPOCH = "0123456789abcdef0123456789abcdef"
VISIT = "fedcba9876543210fedcba9876543210"
BOOT = "00112233445566778899aabbccddeeff"
ISSUED = "2026-03-01T00:00:00.000Z"

PASS = passes.Pass(
    id=bytes.fromhex("0011223344556677"),
    plate="鲁B12345",
    vehicle_class=1,
    gates=0b0011,
    priority=False,
    not_before=1_772_323_200,
    expires=1_780_272_000,
)

POLICY = policy.Policy(
    operation=policy.Operation(id="op-1", zh="三月管控", en="March closure", starts=ISSUED),
    gates={
        "east": policy.GateInfo(number=0, zh="东门", en="East"),
        "south": policy.GateInfo(number=1, zh="南门", en="South"),
    },
    classes=(
        policy.VehicleClass(number=1, id="resident", zh="居民", en="Resident"),
        policy.VehicleClass(number=8, id="emergency", zh="应急", en="Emergency", emergency=True, disinfection="off"),
    ),
    agents=(policy.Agent(id="chlorine", zh="含氯消毒剂", en="Chlorine", concentration="500 mg/L"),),
    officers=(policy.Officer(id="u-2", name="王伟"),),
    asked=("origin", "destination"),
    travel=(policy.Travel(gates=("east", "south"), least_minutes=4),),
    timezone="Asia/Shanghai",
    places=(policy.Term(zh="县城", en="the county seat"), policy.Term(zh="青岛", en="Qingdao")),
    purposes=(policy.Term(zh="就医", en="medical care"),),
    province="鲁",
)

PASSLIST = messages.PassList(
    keys=(messages.TrustedKey(kid=KID.hex(), public=public_hex(PASS_KEY)),),
    revoked=frozenset({"8899aabbccddeeff"}),
    blocked=frozenset({"1122334455667788"}),
    revoked_keys=frozenset({"0badc0de"}),
    watch=(messages.Watched(plate="鲁B99999", deny_in=True, why="stolen"),),
)

SEEN = messages.Sighting(
    n=41, visit=VISIT, gate=GATE, direction="in", pass_id=PASS.id_hex, plate=PASS.plate, at="2026-03-01T08:00:05.000Z"
)
SERIES = "l-1.1"
PICTURE = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
"""The least that begins and ends as a JPEG does."""
COMMANDS = commands.Commands(
    gate=GATE,
    commands=(
        commands.Command(
            id="o-1", kind="order", issued=ISSUED, expires="2026-03-02T00:00:00.000Z", zh="雨大，缩短排队",
            en="Heavy rain: keep the queue short",
        ),
        commands.Command(id="c-2", kind="picture", issued=ISSUED, expires="2026-03-02T00:00:00.000Z", visit=VISIT),
        commands.Command(
            id="o-3", kind="order", issued=ISSUED, expires="2026-03-02T00:00:00.000Z", zh="停止放行货车，等待通知",
            en="Stop lorries and wait", urgent=True, aloud=True, due="2026-03-01T00:15:00.000Z", every_officer=True,
        ),
    ),
    pins={"u-2": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0c2E$9rNJ6Yb0dJ2nJ1Yw3m0n4p5q6r7s8t9u0v1w2x3y4z4"},
    roster=(
        commands.RosteredShift(
            zh="白班", en="Day", starts="2026-03-01T00:00:00.000Z", ends="2026-03-01T12:00:00.000Z",
            staff=(
                commands.Rostered(officer="u-2", name="", role_zh="公安", role_en="Police"),
                commands.Rostered(name="周志愿", role_zh="志愿者", role_en="Volunteer"),
                commands.Rostered(officer="u-3", name="", leader=True),
            ),
        ),
    ),
)  # fmt: skip


WARNING = (
    "TEST KEYS. Their secret halves are published here: never trust them, and never sign anything with them but tests."
)


def secret(key: Ed25519PrivateKey) -> str:
    """The 32 bytes of the seed, in hexadecimal."""
    return key.private_bytes_raw().hex()


def chain() -> tuple[records.Sealed, ...]:
    """The records of one vehicle's visit, with a shift and a batch of solution before it."""
    facts: tuple[tuple[Kind, contract_facts.Fact, dict[str, str]], ...] = (
        (Kind.SHIFT_STARTED, contract_facts.ShiftStarted(officer="u-2"), {}),
        (
            Kind.SOLUTION_PREPARED,
            contract_facts.SolutionPrepared(
                batch="b-1", agent="chlorine", concentration="500 mg/L", tank="A",
                expires_at="2026-03-02T08:00:00.000Z", officer="u-2",
            ),
            {},
        ),
        (
            Kind.VISIT_OPENED,
            contract_facts.VisitOpened(
                read_by="qr", direction="in", verdict="hold", reason="disinfection_due", vehicle_class="resident",
                pass_id=PASS.id_hex, officer="u-2", operation="op-1", disinfection="required", policy=1, passlist=1,
            ),
            {"plate": PASS.plate},
        ),
        (
            Kind.DISINFECTED,
            contract_facts.Disinfected(
                batch="b-1", agent="chlorine", concentration="500 mg/L", parts=("tyres", "chassis"),
                washed_first=False, seconds=10.0, litres=2.5, verified_by="sensor", officer="u-2",
            ),
            {},
        ),
        (Kind.VISIT_CLOSED, contract_facts.VisitClosed(outcome="passed", officer="u-2"), {}),
    )  # fmt: skip
    salts = count(1)
    sealed: list[records.Sealed] = []
    prev = records.ZERO_HASH
    for seq, (kind, body, private) in enumerate(facts, start=1):
        at = records.At(wall=f"2026-03-01T08:00:{seq:02d}.000Z", boot=BOOT, mono_ms=1000 * seq, clock="synced")
        visit = VISIT if kind in contract_facts.VISIT_KINDS else None
        record = records.seal(
            town=TOWN, gate=GATE, epoch=EPOCH, seq=seq, kind=kind, visit=visit, lane="1" if visit else None,
            at=at, body=body, private=private, prev=prev, salt=lambda: f"{next(salts):032x}",
        )  # fmt: skip
        sealed.append(record)
        prev = record.hash
    return tuple(sealed)


def batch() -> messages.Batch:
    """The chain as a signed batch."""
    sealed = chain()
    head = records.signed_head(TOWN, GATE, EPOCH, len(sealed), sealed[-1].hash)
    return messages.Batch(
        town=TOWN, gate=GATE, epoch=EPOCH, records=sealed, seq=len(sealed), sig=sign(GATE_KEY, head)
    )  # fmt: skip


def topics_and_messages() -> Iterator[tuple[Topic, contract_message.Message]]:
    """Each topic that is spoken on, with a message."""
    sealed = chain()
    head = messages.HubHead.signed(TOWN, 5, sealed[-1].hash, HUB_KEY)
    yield Topic(GATE, Name.RECORDS), batch()
    yield (
        Topic(GATE, Name.HELLO),
        messages.Hello(
            town=TOWN, gate=GATE, epoch=EPOCH, oldest=1, head=5, acked=0, head_hash=sealed[-1].hash, boot=BOOT,
            clock="synced", policy=1, passlist=1, sighting=40, series=SERIES, software="0.1.0",
        ),
    )  # fmt: skip
    yield (
        Topic(GATE, Name.ACK),
        messages.Ack(
            ledger="l-1", ledger_epoch=1, epoch=EPOCH, committed=5, hash=sealed[-1].hash, backed_up=0, head=head
        ),
    )
    yield Topic(GATE, Name.STATE), messages.State(online=True, conn=7, at="2026-03-01T08:00:00.000Z", epoch=EPOCH)
    yield (
        Topic(GATE, Name.HEALTH),
        messages.Health(
            at="2026-03-01T08:00:05.000Z", software="0.1.0", camera=True, frames_per_second=15.0, clock="synced",
            backlog=0, epoch=EPOCH, head=5, disk_free=20_000_000_000, temperature=51.5, tank=0.8, officer="u-2", policy=1, passlist=1,
            lanes={"1": "waiting"},
        ),
    )  # fmt: skip
    yield (
        Topic(GATE, Name.PICTURE),
        messages.Picture.model_construct(hash=sha256_hex(PICTURE), jpeg=PICTURE, at="2026-03-01T09:00:00.000Z"),
    )
    yield (
        Topic(HUB, Name.STATE),
        messages.State(online=True, conn=3, at="2026-03-01T08:00:00.000Z", ledger_epoch=1),
    )
    yield Topic(HUB, Name.POLICY), messages.Signed.seal("policy", TOWN, 1, ISSUED, POLICY, HUB_KEY)
    one = messages.Sightings(series=SERIES, first=41, last=41, sightings=(SEEN,))
    yield Topic(HUB, Name.SIGHTINGS), messages.Signed.seal("sightings", TOWN, 41, ISSUED, one, HUB_KEY)
    all_ = messages.Sightings(series=SERIES, first=0, last=41, snapshot=True, sightings=(SEEN,))
    yield Topic(GATE, Name.SIGHTINGS), messages.Signed.seal("sightings", TOWN, 41, ISSUED, all_, HUB_KEY)
    version = 1_772_323_200_000
    yield Topic(GATE, Name.COMMAND), messages.Signed.seal("command", TOWN, version, ISSUED, COMMANDS, HUB_KEY)
    yield Topic(HUB, Name.PASSLIST), messages.Signed.seal("passlist", TOWN, 1, ISSUED, PASSLIST, HUB_KEY)


def files() -> dict[str, Any]:
    """Every example file: its name and its JSON value."""
    made: dict[str, Any] = {
        f"{topic.owner if topic.owner == HUB else 'gate'}-{topic.name}.json": {
            "topic": str(topic),
            "message": json.loads(message.encode()),
        }
        for topic, message in topics_and_messages()
    }
    made["keys.json"] = {
        "warning": WARNING,
        "gate": public_hex(GATE_KEY),
        "hub": public_hex(HUB_KEY),
        "pass": {"kid": KID.hex(), "public": public_hex(PASS_KEY)},
        "secret": {"gate": secret(GATE_KEY), "hub": secret(HUB_KEY), "pass": secret(PASS_KEY)},
    }
    made["pass.json"] = {
        "text": passes.write(PASS, KID, PASS_KEY),
        "id": PASS.id_hex,
        "plate": PASS.plate,
        "class": PASS.vehicle_class,
        "gates": PASS.gates,
        "priority": PASS.priority,
        "not_before": PASS.not_before,
        "expires": PASS.expires,
    }
    return made


def text(value: Any) -> str:
    """A file's text."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def write() -> None:
    """Writes every example, and every negative one."""
    from tests.contract import negative

    NEGATIVE.mkdir(exist_ok=True)
    for path in set(NEGATIVE.iterdir()) - {NEGATIVE / name for name in negative.files()}:
        path.unlink()
    for folder, made in ((EXAMPLES, files()), (NEGATIVE, negative.files())):
        for name, value in made.items():
            (folder / name).write_text(text(value), encoding="utf-8")


if __name__ == "__main__":
    write()
