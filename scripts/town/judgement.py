"""The demo's judgement: do truth, journals and ledger agree, and does the ledger verify. Tried by `scripts/demo`; its parts in
`tests/scripts/test_summary.py`."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.contract.reasons import Reason
from scripts.town.manoeuvre_counts import count
from scripts.town.summary import conflicts_text, faults_of_strangers, open_conflicts, reasons, summarise, table_text

MOST_FAULTS = 20
"""Lines of faults that are printed per gate."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What the cut did."""

    seconds: float = 0.0
    queued: int = 0


def judge(
    homes: Mapping[str, Path],
    ledger: Path,
    cut: tuple[str, Outage],
    late: Sequence[str],
    verify: Callable[[], Sequence[str]],
) -> int:
    """Prints the summary; 0 if truth, journals and ledger agree and the ledger verifies, else 1.

    `homes`: the gates' folders; `cut`: whose link was cut, and what came of it; `late`: faults found while the town ran.
    """
    summaries = summarise(homes, ledger)
    given = reasons(homes)
    print(f"\n{table_text(summaries)}\n")
    print(
        f"{sum(given.values())} visits, {len(given)} reasons: {', '.join(f'{n} {r}' for r, n in given.most_common())}"
    )
    if missing := [reason for reason in Reason if reason not in given]:
        print(f"reasons not seen: {', '.join(missing)}")
    print(conflicts_text(open_conflicts(ledger)))
    counts = count(homes, ledger)
    print(counts.text())
    gate, outage = cut
    if outage.seconds:
        print(f"{gate} was cut off for {outage.seconds:.0f} s: {outage.queued} records queued, then caught up")
    faults = [*late, *faults_of_strangers(homes, ledger)]
    for summary in summaries:
        faults += [f"{summary.gate}: {fault}" for fault in summary.faults[:MOST_FAULTS]]
        if len(summary.faults) > MOST_FAULTS:
            faults.append(f"{summary.gate}: and {len(summary.faults) - MOST_FAULTS} more")
    faults += [*counts.faults, *verify()]
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    if not faults:
        print("every record kept is in the ledger exactly once; every vehicle was handled as it should be")
    return 1 if faults else 0
