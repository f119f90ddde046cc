"""The largest town that a gate must carry: 10,000 revoked passes, 5,000 watched plates, 20,000 vehicles inside.

`python -m tests.edge.big_town` writes such lists and prints the sizes of the messages and the time to take them.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.contract.messages import PassList, Sighting, Sightings, Signed, Watched
from edge.contract.reasons import Direction
from edge.contract.records import wall_text
from edge.lists.store import Lists
from tests.contract.samples import HUB_KEY, ISSUED, PASSLIST, POLICY, SERIES, TOWN

REVOKED, WATCHED, INSIDE = 10_000, 5_000, 20_000


def messages(now: datetime) -> tuple[Signed, ...]:
    """Policy, pass list and snapshot of the town, signed."""
    passlist = PassList(
        keys=PASSLIST.keys,
        revoked=frozenset(f"{n:016x}" for n in range(REVOKED)),
        watch=tuple(Watched(plate=f"鲁C{n:05d}", deny_in=True, why=f"notice {n}") for n in range(WATCHED)),
    )
    inside = tuple(
        Sighting(
            n=n + 1, visit=f"{n:032x}", gate=("east", "south", "west", "north")[n % 4], direction=Direction.IN,
            pass_id=f"{n:016x}", plate=f"鲁B{n:05d}", at=wall_text(now + timedelta(seconds=n)),
        )
        for n in range(INSIDE)
    )  # fmt: skip
    all_ = Sightings(series=SERIES, first=0, last=INSIDE, snapshot=True, sightings=inside)
    return (
        Signed.seal("policy", TOWN, 1, ISSUED, POLICY, HUB_KEY),
        Signed.seal("passlist", TOWN, 1, ISSUED, passlist, HUB_KEY),
        Signed.seal("sightings", TOWN, INSIDE, ISSUED, all_, HUB_KEY),
    )


def fill(lists: Lists, now: datetime) -> None:
    """Gives the town to a gate's lists."""
    for signed in messages(now):
        assert lists.accept(signed, now) is None


if __name__ == "__main__":
    began = datetime.now(UTC)
    with TemporaryDirectory() as folder:
        taken = Lists.open(Path(folder) / "lists.db", town=TOWN, hub_key=HUB_KEY.public_key())
        for message in messages(began):
            start = time.perf_counter()
            assert taken.accept(message, began) is None
            spent = time.perf_counter() - start
            print(f"{message.kind}: {len(message.encode()):,} bytes, taken in {spent:.3f} s")
        taken.close()
