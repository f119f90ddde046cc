"""The gate's hello on one connection: when it was sent, and whether the hub has acknowledged it.

Tested in `tests/edge/link/test_uplink.py`.
"""

from edge.contract.messages import Hello
from edge.contract.topics import Name, Topic
from edge.link.connection import Connection
from edge.link.ends import Ends


class Greeting:
    """The last hello. `said_at`: monotonic seconds, None before the first; `answered`: the hub has acknowledged since."""

    def __init__(self, ends: Ends, connection: Connection) -> None:
        self._ends = ends
        self._connection = connection
        self.said_at: float | None = None
        self.answered = False

    def say(self) -> None:
        """Sends the `hello`; the hub answers with an acknowledgement and with the sightings that follow those held."""
        ends = self._ends
        held, inside, at = ends.lists.snapshot(), ends.lists.inside, ends.clock.at()
        self.said_at = ends.clock.mono()
        self.answered = False
        if not ends.delivery.usable:
            return  # nothing is claimed of records; the health that follows says what is wrong
        journal = ends.delivery.meta
        hello = Hello(
            town=ends.address.town,
            gate=ends.address.gate,
            epoch=journal.epoch,
            oldest=journal.oldest,
            head=journal.head,
            acked=journal.acked,
            head_hash=journal.head_hash,
            boot=at.boot,
            clock=at.clock,
            policy=held.policy_version,
            passlist=held.passlist_version,
            sighting=inside.number,
            series=inside.series,
            software=ends.software,
            witness=journal.witness,
        )
        self._connection.publish(str(Topic(ends.address.gate, Name.HELLO)), hello, qos=1)

    def long_ago(self, now: float) -> bool:
        """Returns True if a hello was said, and longer ago than the link's patience."""
        return self.said_at is not None and now - self.said_at >= self._ends.times.patience

    def awaits_answer(self, now: float) -> bool:
        """Returns True while the hub has not acknowledged and there is still time to: batches wait for it that long."""
        return self.said_at is None or (not self.answered and now - self.said_at < self._ends.times.answer)
