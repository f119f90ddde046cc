"""Reading, verifying and deciding on one pass beside a bare Ed25519 verification, and what the largest lists cost a gate.

The lists are those of the largest town that a gate must carry. They are taken once; a process of its own then opens them, as
a gate does when it starts, so that the memory it grows by is theirs alone. The floor of opening them is reading their bytes.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract.canonical import public_from_hex, public_hex
from edge.contract.messages import PassList, Sighting, Sightings, Signed, TrustedKey, Watched
from edge.contract.policy import GateInfo, Operation, Policy, VehicleClass
from edge.contract.reasons import Direction, Reason
from edge.contract.records import wall_text
from edge.decision.decide import Qr, decide
from edge.decision.rules import Rules
from edge.lists.store import Lists
from scripts.benchmarks.rows import CannotRunError, Plan, Row, median, percentile, seconds_of
from scripts.benchmarks.vehicles import CLASS, pass_key, vehicles

NOW = datetime(2026, 4, 1, 8, tzinfo=UTC)
TOWN, GATE, SERIES = "bench", "east", "bench.1"
REVOKED, WATCHED, INSIDE = 10_000, 5_000, 20_000
POLICY = Policy(
    operation=Operation(id="op-1", zh="测试", en="Bench", starts="2026-03-01T00:00:00.000Z"),
    gates={GATE: GateInfo(number=0, zh="东门", en="East")},
    classes=(VehicleClass(number=CLASS, id="resident", zh="居民", en="Resident"),),
    agents=(),
    officers=(),
)
BARE, BYTES, LIMIT = "bare Ed25519 verify", "reading the file", "the limit"
LIMIT_MB = 50.0
OPENING = """
import json, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from edge.contract.canonical import public_from_hex
from edge.lists.store import Lists

def grown():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

key, before, began = public_from_hex(sys.argv[2]), grown(), time.perf_counter()
lists = Lists.open(Path(sys.argv[1]), town=sys.argv[3], hub_key=key)
spent = time.perf_counter() - began
print(json.dumps([spent, (grown() - before) / 1e6, len(lists.snapshot().revoked)]))
"""


def run(plan: Plan) -> Iterator[Row]:
    """The rows of one pass, then of the lists."""
    yield from _passes(plan)
    yield from _lists(plan)


def _passes(plan: Plan) -> Iterator[Row]:
    count = plan.size(4000, 200)
    plan.say(f"{count} passes")
    key = pass_key(plan.seed)
    public = public_from_hex(public_hex(key.private))
    rules = Rules(policy=POLICY, policy_version=1, keys={key.kid: (public,)}, passlist_version=1, received=NOW)
    message = bytes(150)
    signature = key.private.sign(message)
    judged: list[float] = []
    bare: list[float] = []
    for vehicle in vehicles(plan.seed, count):
        judge = partial(decide, Qr(vehicle.text), rules, gate=GATE, direction=Direction.IN, now=NOW)
        spent, made = seconds_of(judge)
        if made.reason is not Reason.DISINFECTION_DUE:
            raise CannotRunError(f"pass of {vehicle.plate}: judged {made.reason}")
        judged.append(1e6 * spent)
        # turn by turn, so that both see the same machine
        bare.append(1e6 * seconds_of(partial(public.verify, signature, message))[0])
    note = f"{count} genuine passes: decode, verify, decide"
    yield Row("decision.pass_median", median(judged), "µs", median(bare), BARE, note)
    yield Row("decision.pass_p99", percentile(judged, 0.99), "µs", percentile(bare, 0.99), BARE)


def _lists(plan: Plan) -> Iterator[Row]:
    plan.say("the largest lists")
    path, hub = plan.folder / "lists.db", Ed25519PrivateKey.generate()
    lists = Lists.open(path, town=TOWN, hub_key=hub.public_key())
    took = 0.0
    for signed in _messages(plan, hub):
        spent, refusal = seconds_of(partial(lists.accept, signed, NOW))
        took += spent
        if refusal is not None:
            raise CannotRunError(f"lists: {signed.kind} refused: {refusal}")
    lists.close()
    floor = 1000 * seconds_of(path.read_bytes)[0]
    opened, grown, revoked = _opened(path, hub)
    if revoked != plan.size(REVOKED, 100):
        raise CannotRunError(f"lists: {revoked} revoked passes after opening")
    sizes = f"{plan.size(REVOKED, 100)} revoked, {plan.size(WATCHED, 50)} watched, {plan.size(INSIDE, 200)} inside"
    yield Row("decision.lists_open", 1000 * opened, "ms", floor, BYTES, sizes)
    yield Row("decision.lists_take", 1000 * took, "ms", floor, BYTES, "the three messages, checked and on disk")
    yield Row(
        "decision.lists_memory", max(grown, 0.0), "MB", LIMIT_MB, LIMIT, "what the process grew by when it opened them"
    )


def _opened(path: Path, hub: Ed25519PrivateKey) -> tuple[float, float, int]:
    """Seconds, megabytes and revoked passes of a process that opens the lists."""
    command = [sys.executable, "-c", OPENING, str(path), public_hex(hub), TOWN]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRunError(f"lists: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    spent, grown, revoked = json.loads(done.stdout)
    return spent, grown, revoked


def _messages(plan: Plan, hub: Ed25519PrivateKey) -> Iterator[Signed]:
    key, issued = pass_key(plan.seed), wall_text(NOW)
    passlist = PassList(
        keys=(TrustedKey(kid=key.kid.hex(), public=public_hex(key.private)),),
        revoked=frozenset(f"{n:016x}" for n in range(plan.size(REVOKED, 100))),
        watch=tuple(Watched(plate=f"鲁C{n:05d}", deny_in=True, why=f"{n}") for n in range(plan.size(WATCHED, 50))),
    )
    inside = tuple(
        Sighting(
            n=n + 1, visit=f"{n:032x}", gate=GATE, direction=Direction.IN,
            pass_id=f"{n:016x}", plate=f"鲁B{n:05d}", at=wall_text(NOW + timedelta(seconds=n)),
        )
        for n in range(plan.size(INSIDE, 200))
    )  # fmt: skip
    last = len(inside)
    sightings = Sightings(series=SERIES, first=0, last=last, snapshot=True, sightings=inside)
    yield Signed.seal("policy", TOWN, 1, issued, POLICY, hub)
    yield Signed.seal("passlist", TOWN, 1, issued, passlist, hub)
    yield Signed.seal("sightings", TOWN, last, issued, sightings, hub)
