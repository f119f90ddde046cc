"""Takes in the signed messages of the hub: policy, pass list, sightings and commands.

Tested in `tests/edge/link/test_uplink.py`.
"""

from edge.contract.messages import MAX_LIST, Signed, SignedKind
from edge.contract.refusal import Refusal
from edge.contract.topics import Name
from edge.link.ends import Ends


class ListIntake:
    """Gives what came on one connection to the lists, and remembers which kinds are as new as the hub's."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._current: set[SignedKind] = set()

    def take(self, name: Name, payload: bytes) -> None:
        """Takes a message of this name: it is accepted, or reported as bad."""
        try:
            signed = Signed.parse(payload, MAX_LIST)
            if signed.kind != name:
                raise ValueError(f"a {signed.kind} came as {name}")
            if signed.kind == "command" and (gate := signed.commands().gate) != self._ends.address.gate:
                raise ValueError(f"commands for gate {gate!r} came here")
            # what the hub holds of this gate in whole, its snapshot knows
            journal = self._ends.delivery.meta
            settled = journal.acked >= journal.head
            why = self._ends.lists.accept(signed, self._ends.clock.now(), settled=settled)
            if why is None:
                self._current.add(signed.kind)
                if signed.kind == "command":
                    self._ends.ordered(signed.commands().commands)
            else:
                self._current.discard(signed.kind)
        except ValueError as error:
            why = Refusal(error)
        self._ends.judge(f"bad_{name}", why)

    def vouch(self) -> None:
        """Notes that the hub is online: the lists that it sent are still the newest."""
        # what the hub retains was sent at the subscription, and every newer version since
        self._ends.lists.vouch(self._current, self._ends.clock.now())
