"""What one more passage costs of a plate that has passed 3,000 times in two days, beside one of a plate that passed once.

All go in and never out: each of the 3,000 contradicts the one before, so that as many conflicts are open about the plate. Each measured
passage is a batch of two records, taken and judged in a transaction of its own as the listener does it, and opens one conflict, too.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select
from sqlalchemy.engine import Engine

from edge.clock import FixedClock
from edge.contract.facts import Disinfection, Kind, Outcome, ReadBy, VisitClosed, VisitOpened
from edge.contract.messages import MAX_BATCH_RECORDS, Bundle
from edge.contract.reasons import Direction, Reason, Verdict
from edge.contract.records import new_visit
from edge.contract.topics import Name, Topic
from edge.journal.outbox import NewRecord, Outbox
from hub.conflicts import judge
from hub.database.engine import writer
from hub.database.schema import conflicts
from hub.gates import store as gates
from hub.ledger.append import append
from hub.ledger.intake import read_records
from hub.town.town import Town
from scripts.benchmarks.rows import CannotRunError, Plan, Row, median, percentile, seconds_of
from scripts.benchmarks.towns import add_gates, found_town

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
PLATE = "鲁A00000"
RECORDS = 2
"""Of a visit: opened and closed."""


def run(plan: Plan) -> Iterator[Row]:
    """One row: the median of a passage's transaction."""
    before, measured = plan.size(3_000, 60), plan.size(200, 5)
    plan.say(f"founding a town, preparing {before + 3 * measured} visits")
    town = found_town(plan.folder / "hub")
    (bundle,) = add_gates(town, ["east"])
    others = [f"鲁B{number:05d}" for number in range(measured)]
    known = [PLATE] * before + others
    asked = [plate for other in others for plate in (PLATE, other)]
    batches = _batches(bundle, plan.folder / "east", [*known, *asked], len(known))
    engine = writer(town.settings.database_url)
    try:
        plan.say(f"the first {len(known)} visits")
        times: dict[str, list[float]] = {PLATE: [], "": []}
        coming = iter(asked)
        for data, last in batches:
            took, _ = seconds_of(partial(_take, engine, town, data))
            if last > RECORDS * len(known):
                times[PLATE if next(coming) == PLATE else ""].append(1000 * took)
        _expect(engine, before - 1 + 2 * measured)
    finally:
        engine.dispose()
    note = f"{before} passages before it; p99 {percentile(times[PLATE], 0.99):.1f} ms"
    yield Row("one_plate.passage", median(times[PLATE]), "ms", median(times[""]), "a plate that passed once", note)


def _batches(bundle: Bundle, folder: Path, plates: list[str], known: int) -> list[tuple[bytes, int]]:
    """A gate's batches with the number of their last record: the first `known` visits in large ones, then one for each visit."""
    folder.mkdir()
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(bundle.signing_key))
    clock = FixedClock(BEGIN)
    outbox = Outbox.open(folder / "journal.db", town=bundle.town, gate=bundle.gate, key=key, clock=clock)
    with closing(outbox):
        for plate in plates:
            outbox.keep_all(list(_visit(plate)))
            clock.advance(60.0)
        found: list[tuple[bytes, int]] = []
        last = 0
        while last < RECORDS * len(plates):
            left = RECORDS * known - last
            batch = outbox.delivery.batch_after(last, min(left, MAX_BATCH_RECORDS) if left > 0 else RECORDS)
            assert batch is not None
            found.append((batch.encode(), batch.seq))
            last = batch.seq
        return found


def _visit(plate: str) -> Iterator[NewRecord]:
    visit = new_visit()
    opened = VisitOpened(
        read_by=ReadBy.HAND, direction=Direction.IN, verdict=Verdict.LOOK, reason=Reason.NO_PASS, vehicle_class="resident",
        pass_id=None, officer="u-2", operation="op-1", disinfection=Disinfection.REQUIRED, policy=1, passlist=1,
    )  # fmt: skip
    yield NewRecord(Kind.VISIT_OPENED, opened, visit, "1", {"plate": plate})
    yield NewRecord(Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.PASSED, officer="u-2"), visit, "1")


def _take(engine: Engine, town: Town, data: bytes) -> None:
    """What the listener does with a batch."""
    now = datetime.now(UTC)
    with engine.begin() as connection:
        keys = gates.keys(connection, town.id)
        arrived = read_records(str(Topic("east", Name.RECORDS)), data, town=town.id, keys=keys)
        appended = append(connection, town=town.id, arrived=[arrived], key=town.key, now=now)
        judge.judge_safely(connection, town.id, appended.visits, key=town.key, now=now)


def _expect(engine: Engine, count: int) -> None:
    with engine.begin() as connection:
        found = connection.execute(select(func.count()).select_from(conflicts)).scalar_one()
    if found != count:
        raise CannotRunError(f"{found} conflicts are open, not {count}")
