"""From operation.toml to the officer's screen: what the town writes is what the gate offers, and what the ledger's reader sees."""

from dataclasses import replace
from pathlib import Path

from edge.contract.facts import Kind, Overridden, VisitClosed
from edge.lists.store import Lists
from hub.gates.policy import publish_policy
from hub.town.operation_file import FILE
from hub.town.town import Town
from tests.edge.gates import NOW, TestTown, qr
from tests.edge.kiosk.test_app import Screen, TownDesk, override, show, with_pin
from tests.hub.ledgers import settle

WORDS = """\
turn_back = [{ id = "flooded", zh = "前方积水", en = "the road is flooded" }]
overrides = [{ id = "medical", zh = "送急诊", en = "to the emergency room" }]
"""


def with_words(folder: Path) -> None:
    """The town's own words, in place of those that its file began with."""
    file = folder / FILE
    text = file.read_text(encoding="utf-8")
    first, last = text.index("turn_back = ["), text.index("]\n", text.index("overrides = [")) + 2
    file.write_text(text[:first] + WORDS + text[last:], encoding="utf-8")


def test_the_towns_own_reasons_are_published_and_offered_and_kept(tmp_path: Path) -> None:
    place = settle(tmp_path)
    with_words(place.folder)
    town = Town.open(place.folder)
    with place.engine.begin() as connection:
        signed = publish_policy(town, connection, NOW)
    place.engine.dispose()
    lists = Lists.open(tmp_path / "lists.db", town=town.id, hub_key=town.key.public_key())
    assert lists.accept(signed, NOW) is None
    held = lists.snapshot().policy
    lists.close()
    assert held is not None

    screen = Screen(TownDesk(TestTown()))
    made = screen.desk.made
    assert made.rules.policy is not None
    words = {"turn_back": held.turn_back, "overrides": held.overrides}
    made.rules = replace(made.rules, policy=made.rules.policy.model_copy(update=words))
    with_pin(screen.desk)
    show(screen.desk, qr(gates=0b10))
    page = screen.get("/override?lane=1&lang=en")
    assert "送急诊<small>to the emergency room" in page
    assert "急病就医" not in page
    page = screen.get("/turn-back?lane=1&lang=zh")
    assert "前方积水<small>the road is flooded" in page
    assert "无通行证" not in page
    override(screen, why="medical")
    screen.post("/turn-back", lane="1", why="flooded")
    assert made.journal.bodies(Kind.OVERRIDDEN) == [
        Overridden(officer="u-2", reason="送急诊 to the emergency room", what="verdict")
    ]
    (closed,) = made.journal.bodies(Kind.VISIT_CLOSED)
    assert isinstance(closed, VisitClosed)
    assert closed.why == "flooded"
