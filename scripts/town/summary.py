"""What the demo is judged by: the scenario's own truth, every gate's journal and the hub's ledger, laid side by side.

Read straight from the files that others may read too (truth.jsonl, journal.db, hub.db), not through the code that wrote them.
"""

import json
import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from edge.contract.facts import Kind, Outcome, ReadBy
from edge.contract.reasons import Reason
from edge.contract.records import parse_wall

TRUTH = "truth.jsonl"
JOURNAL = "journal.db"
STUCK = "stuck"
JUDGED = ("verdict", "reason", "read_by", "outcome", "plate")
"""What the scenario expects of each vehicle, the journal must say, and the hub's table of visits too."""

Thing = TypeVar("Thing")
DOES = ("body", "manoeuvre", "close", "alarm")
"""What the scenario says of what a vehicle is and does."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as a journal or the ledger holds it."""

    gate: str
    epoch: str
    seq: int
    raw: str
    private: Mapping[str, Any]
    hash: str

    @property
    def place(self) -> tuple[str, str, int]:
        """What names it in the ledger."""
        return self.gate, self.epoch, self.seq


@dataclass(slots=True)
class Visit:
    """One visit put together from a journal's records."""

    id: str
    opened: datetime
    facts: dict[str, str]
    disinfected: bool = False


@dataclass(slots=True)
class Arrival:
    """One appearance of a vehicle at a lane, as the simulated world wrote it down. `expect` is empty if nobody judges it.

    `does`: its body, its manoeuvre, whether it came close behind another one, the alarm that must come of it.
    """

    id: str
    at: datetime
    attempt: int
    shows: bool
    expect: dict[str, str]
    result: str | None = None
    does: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What a fault calls it."""
        return f"vehicle {self.id}" + (f" (attempt {self.attempt})" if self.attempt > 1 else "")


@dataclass(slots=True)
class GateSummary:
    """One line of the summary, and what is wrong at this gate."""

    gate: str
    figures: dict[str, int]
    faults: list[str] = field(default_factory=list)


# --- reading ----------------------------------------------------------------------------------------------------------------


def _rows(path: Path, query: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query).fetchall()


def read_journal(folder: Path, gate: str) -> list[Kept]:
    """Every record of a gate's journal, in order; none if the gate has none yet."""
    path = folder / JOURNAL
    if not path.exists():
        return []
    epoch = _rows(path, "select epoch from meta")[0]["epoch"]
    query = "select seq, raw, private, hash from records order by seq"
    return [
        Kept(gate, epoch, row["seq"], row["raw"], json.loads(row["private"] or "{}"), row["hash"])
        for row in _rows(path, query)
    ]


def backlog(folder: Path) -> int:
    """Records of a gate's journal that the hub has not acknowledged."""
    path = folder / JOURNAL
    if not path.exists():
        return 0
    row = _rows(path, "select coalesce(max(seq), 0) - (select acked from meta) as left_over from records")[0]
    return max(0, int(row["left_over"]))


def read_ledger(database: Path) -> list[Kept]:
    """Every entry that a gate wrote (the hub's own stand under the gate `hub`)."""
    query = "select gate, epoch, seq, raw, private, hash from entries where gate != 'hub' order by id"
    return [
        Kept(row["gate"], row["epoch"], row["seq"], row["raw"], json.loads(row["private"] or "{}"), row["hash"])
        for row in _rows(database, query)
    ]


def read_visits_table(database: Path) -> dict[str, dict[str, Any]]:
    """The hub's own view of the visits, by id."""
    query = "select visit_id, gate, verdict, reason, read_by, outcome, plate from visits"
    return {row["visit_id"]: dict(row) for row in _rows(database, query)}


def read_truth(folder: Path) -> list[Arrival]:
    """Who really came, in order. A torn last line (power cut) is not counted."""
    path = folder / TRUTH
    arrivals: list[Arrival] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event["event"] == "arrived":
            expect = {name: event[name] or "" for name in JUDGED if name in event}
            shows, does = expect.get("read_by") == ReadBy.QR, {name: event.get(name) for name in DOES}
            at = parse_wall(event["at"])
            arrivals.append(Arrival(event["id"], at, event["attempt"], shows, expect, does=does))
        elif event["event"] == "done":
            _latest(arrivals, event["id"]).result = event["result"]
    return arrivals


def at_rest(folder: Path) -> bool:
    """Returns True if every vehicle that came to a gate is gone; one that was cut short comes again."""
    return None not in {each.id: each.result for each in read_truth(folder)}.values()


def _latest(arrivals: list[Arrival], id_: str) -> Arrival:
    return next(each for each in reversed(arrivals) if each.id == id_)


def visits_of(records: Iterable[Kept]) -> list[Visit]:
    """The visits that a journal tells of, in the order they were opened; an emergency's plate comes with a later record."""
    visits: dict[str, Visit] = {}
    for kept in records:
        record = json.loads(kept.raw)
        private = {name: value for name, (_salt, value) in kept.private.items()}
        body = record["body"]
        match record["kind"]:
            case Kind.VISIT_OPENED:
                facts = {name: body.get(name) or "" for name in JUDGED} | {"plate": private.get("plate", "")}
                visits[record["visit"]] = Visit(record["visit"], parse_wall(record["at"]["wall"]), facts)
            case Kind.DISINFECTED:
                visits[record["visit"]].disinfected = True
            case Kind.VISIT_CLOSED:
                visits[record["visit"]].facts |= {"outcome": body["outcome"], **_plate(private)}
    return list(visits.values())


def _plate(private: Mapping[str, str]) -> dict[str, str]:
    return {"plate": private["plate"]} if private.get("plate") else {}


# --- judging ----------------------------------------------------------------------------------------------------------------


def faults_of_truth(arrivals: Sequence[Arrival], visits: Sequence[Visit]) -> list[str]:
    """Where the journal differs from what really happened.

    A visit belongs to the vehicle that was there when it was opened. Each vehicle that came and went has exactly one, as
    expected; one that was cut short (its gate was killed) has one at most, and comes again. The same pass that comes again
    because the gate died after the first passage is a duplicate to the gate, and may say so.
    """
    found, early = of_arrivals(arrivals, [(visit.opened, visit) for visit in visits])
    faults = [f"visit {visit.id} ({visit.facts['reason']}): nobody had come yet" for visit in early]
    for arrival, its in zip(arrivals, found, strict=True):
        faults += _faults_of_arrival(arrival, its)
    return faults


def of_arrivals(
    arrivals: Sequence[Arrival], things: Sequence[tuple[datetime, Thing]]
) -> tuple[list[list[Thing]], list[Thing]]:
    """What happened while each vehicle was the last that had come, and what happened before anybody had."""
    starts = [each.at for each in arrivals]
    found: list[list[Thing]] = [[] for _ in arrivals]
    early: list[Thing] = []
    for at, thing in things:
        place = bisect_right(starts, at) - 1
        (found[place] if place >= 0 else early).append(thing)
    return found, early


def _faults_of_arrival(arrival: Arrival, visits: Sequence[Visit]) -> list[str]:
    name = arrival.name
    if not arrival.expect:
        return [f"{name}: {len(visits)} visits, though nobody could judge it"] if visits else []
    visits = _of_the_plate_that_differs(visits) if arrival.expect["reason"] == Reason.PLATE_MISMATCH else visits
    if arrival.result is None:
        return [f"{name}: {len(visits)} visits for one vehicle"] if len(visits) > 1 else []
    if len(visits) != 1:
        expected = f"expected one ({arrival.expect['reason']}); the road says: {arrival.result}"
        return [f"{name}: {len(visits) or 'no'} visits, {expected}"]
    if arrival.result == STUCK:
        return [f"{name}: stuck at the lane ({visits[0].facts['reason']})"]
    said, expect = visits[0].facts, arrival.expect
    if arrival.attempt > 1 and said["reason"] == "duplicate_read":
        expect = expect | {name: said[name] for name in ("verdict", "reason", "outcome")}
    return [
        f"{name}: {key} is {said[key] or 'empty'!r}, expected {expect[key] or 'empty'!r}"
        for key in JUDGED
        if said[key] != expect[key]
    ]


def _of_the_plate_that_differs(visits: Sequence[Visit]) -> Sequence[Visit]:
    """Without the first visit of a vehicle that was judged twice: as its pass says, and as the officer saw it."""
    if len(visits) == 2 and visits[0].facts["outcome"] == Outcome.TURNED_BACK:
        return visits[1:]
    return visits


def faults_of_ledger(journals: Sequence[Kept], ledger: Sequence[Kept]) -> list[str]:
    """Where the ledger does not hold exactly what the gates kept: missing, twice, different, or never kept by any gate."""
    faults: list[str] = []
    times = Counter(entry.place for entry in ledger)
    entries = {entry.place: entry for entry in ledger}
    for record in journals:
        name = f"{record.gate} {record.epoch[:8]} seq {record.seq}"
        entry = entries.pop(record.place, None)
        if entry is None:
            faults.append(f"{name}: kept by the gate, not in the ledger")
        elif times[record.place] > 1:
            faults.append(f"{name}: {times[record.place]} times in the ledger")
        elif (entry.raw, entry.hash, entry.private) != (record.raw, record.hash, record.private):
            faults.append(f"{name}: another record in the ledger")
    faults += [f"{gate} {epoch[:8]} seq {seq}: in the ledger, never kept by the gate" for gate, epoch, seq in entries]
    return faults


def faults_of_projection(gate: str, visits: Sequence[Visit], table: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where the hub's table of visits says something else than the gate's journal."""
    faults = [
        f"visit {visit.id}: the hub says {key} {row[key]!r}, the gate {visit.facts[key]!r}"
        for visit in visits
        if (row := table.get(visit.id)) is not None
        for key in JUDGED
        if (row[key] or "") != visit.facts[key]
    ]
    faults += [f"visit {visit.id}: not among the hub's visits" for visit in visits if visit.id not in table]
    known = {visit.id for visit in visits}
    faults += [
        f"visit {id_}: among the hub's visits, unknown to the gate"
        for id_, row in table.items()
        if row["gate"] == gate and id_ not in known
    ]
    return faults


# --- the whole town ---------------------------------------------------------------------------------------------------------


def summarise(gates: Mapping[str, Path], database: Path) -> list[GateSummary]:
    """A line and the faults for each gate; `gates` maps each to its folder."""
    ledger = read_ledger(database)
    table = read_visits_table(database)
    return [_summarise(gate, folder, ledger, table) for gate, folder in gates.items()]


def faults_of_strangers(gates: Mapping[str, Path], database: Path) -> list[str]:
    """What the hub took from a gate that this town has not, and what it could not take at all."""
    entries = _rows(database, "select gate, count(*) as number from entries where gate != 'hub' group by gate")
    faults = [f"{row['number']} entries of a gate {row['gate']!r}" for row in entries if row["gate"] not in gates]
    refused = _rows(database, "select why from quarantine order by id")
    return faults + [f"quarantined: {row['why']}" for row in refused]


def _summarise(gate: str, folder: Path, ledger: Sequence[Kept], table: Mapping[str, Mapping[str, Any]]) -> GateSummary:
    journal = read_journal(folder, gate)
    mine = [entry for entry in ledger if entry.gate == gate]
    arrivals, visits = read_truth(folder), visits_of(journal)
    # a vehicle whose plate differed has two visits, and was read and turned back once
    once = [visit for visit in visits if visit.facts["reason"] != Reason.PLATE_MISMATCH]
    outcomes = Counter(visit.facts["outcome"] for visit in once)
    read_by = Counter(visit.facts["read_by"] for visit in once)
    figures = {
        "vehicles": len(arrivals),
        "shown": sum(arrival.shows for arrival in arrivals),
        "read": read_by[ReadBy.QR],
        "admitted": outcomes[Outcome.PASSED],
        "refused": outcomes[Outcome.TURNED_BACK],
        "by hand": read_by[ReadBy.HAND],
        "emergency": read_by[ReadBy.EMERGENCY],
        "disinfected": sum(visit.disinfected for visit in visits),
        "kept": len(journal),
        "in ledger": len(mine),
    }
    faults = [*faults_of_truth(arrivals, visits), *faults_of_ledger(journal, mine)]
    return GateSummary(gate, figures, faults + faults_of_projection(gate, visits, table))


def reasons(gates: Mapping[str, Path]) -> Counter[str]:
    """How often each reason was given in the town."""
    return Counter(
        visit.facts["reason"] for gate, folder in gates.items() for visit in visits_of(read_journal(folder, gate))
    )


def open_conflicts(database: Path) -> Counter[str]:
    """How many conflicts of each kind wait for an officer."""
    return Counter(row["what"] for row in _rows(database, "select what from conflicts where settled_at is null"))


def conflicts_text(conflicts: Counter[str]) -> str:
    """The line of the summary about them."""
    kinds = ", ".join(f"{number} {what}" for what, number in conflicts.most_common())
    return f"{conflicts.total()} open conflicts" + (f": {kinds}" if kinds else "")


def table_text(summaries: Sequence[GateSummary]) -> str:
    """The summary as lines of text, one per gate and one for the town."""
    names = list(summaries[0].figures)
    total = {name: sum(each.figures[name] for each in summaries) for name in names}
    rows = [(each.gate, each.figures) for each in summaries] + [("town", total)]
    width = max(len(gate) for gate, _ in rows)
    lines = ["  ".join([" " * width, *names])]
    lines += ["  ".join([gate.ljust(width), *(str(f[n]).rjust(len(n)) for n in names)]) for gate, f in rows]
    return "\n".join(lines)
