"""The rules by which a gate decides: the published lists and policy at one moment.

Tested in `tests/edge/decision/test_decide.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edge.contract.messages import Watched
from edge.contract.passes import Keys
from edge.contract.policy import Policy
from edge.decision.decision import LastSeen


@dataclass(frozen=True, slots=True)
class Rules:
    """The town's rules as the gate holds them: the last signed policy and pass list. A gate without any still works by hand.

    `keys` are those that are trusted now, `withdrawn` those that were revoked; `revoked` and `blocked` hold pass ids in
    hexadecimal; `watch` is by plate. `inside`: vehicle (plate, else pass id) -> its last sighting; `inside_known`: the hub
    has told who is inside, so that a vehicle which is not there did not come in. `received`: when the older list came.
    """

    policy: Policy | None = None
    policy_version: int | None = None
    keys: Keys = field(default_factory=dict)
    revoked: frozenset[str] = frozenset()
    passlist_version: int | None = None
    withdrawn: Keys = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()
    watch: Mapping[str, Watched] = field(default_factory=dict)
    inside: Mapping[str, LastSeen] = field(default_factory=dict)
    inside_known: bool = False
    received: datetime | None = None

    def last_of(self, *names: str | None) -> LastSeen | None:
        """The last sighting of a vehicle that is known by these names."""
        found = [seen for name in names if name and (seen := self.inside.get(name))]
        return max(found, key=lambda seen: seen.at, default=None)

    def stale_at(self, now: datetime) -> bool:
        """Returns True if the lists are older than the policy lets them grow."""
        if self.policy is None or self.received is None:
            return False
        return now - self.received > timedelta(hours=self.policy.stale_hours)
