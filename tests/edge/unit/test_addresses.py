"""A gate looks for its hub where the hub's signed policy says, and only there."""

from contextlib import closing
from pathlib import Path

from edge.contract.messages import Signed
from edge.contract.records import parse_wall
from edge.lists.store import Lists
from edge.unit.parts import known_addresses
from tests.contract.samples import HUB_KEY, ISSUED, POLICY, TOWN


def test_the_gate_knows_the_addresses_of_the_newest_policy_also_after_a_start(tmp_path: Path) -> None:
    file = tmp_path / "lists.db"
    told = POLICY.model_copy(update={"addresses": ("192.0.2.7", "hub.example")})
    with closing(Lists.open(file, town=TOWN, hub_key=HUB_KEY.public_key())) as lists:
        assert known_addresses(lists) == ()
        assert lists.accept(Signed.seal("policy", TOWN, 3, ISSUED, told, HUB_KEY), parse_wall(ISSUED)) is None
        assert known_addresses(lists) == ("192.0.2.7", "hub.example")
    with closing(Lists.open(file, town=TOWN, hub_key=HUB_KEY.public_key())) as lists:
        assert known_addresses(lists) == ("192.0.2.7", "hub.example")
