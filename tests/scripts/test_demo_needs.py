"""The demo's registers of people are filled: requests and findings in each state, the same under each seed."""

from pathlib import Path

from hub.needs import store as needs
from hub.passes import store as passes
from hub.passes.issue import issue_pass
from hub.registers import declaration
from hub.registers.catalogue import shipped
from scripts.town.needs import REGISTERS, fill
from scripts.town.scenario import plan
from tests.hub.ledgers import settle, table
from tests.hub.towns import NOW
from tests.scripts.test_scenario import SEED, policy


def test_every_register_is_filled_with_rows_in_each_state(tmp_path: Path) -> None:
    place = settle(tmp_path)
    planned = plan(SEED, policy())
    officers = list(place.users.values())[:4]
    with place.engine.begin() as connection:
        for each in planned.passes:
            assert passes.find(connection, "demo", each.pass_.id_hex) is None
        issue_pass(
            place.town, connection, plate="鲁B12345", vehicle_class="resident", allowed=None, not_before=NOW, expires=None,
            priority=None, by="cli", now=NOW,
        )  # fmt: skip
        fill(place.town, connection, planned, officers, NOW)
        late = [
            each for each in needs.open_requests(connection, "demo", 50) if (each.due_at or "~") < "2026-03-01T04:30"
        ]
    ids = [row["id"] for row in table(place, "register_rows")]
    with place.engine.begin() as connection:
        rows = needs.by_id(connection, "demo", ids).values()
    assert {each.register for each in rows} == set(REGISTERS)
    for id_ in ("need_requests", "inspections"):
        states = {each.id for each in declaration.read(shipped()[id_]).states}
        assert {each.state for each in rows if each.register == id_} == states, id_
    assert [each.values["need"] for each in late] == ["food"]
    requests = [each for each in rows if each.register == "need_requests"]
    known = {each.pass_.id_hex for each in planned.passes}
    assert {each.values["trip"] for each in requests if each.links.pass_id in known} == {"out", "in"}
    closed = next(each for each in requests if each.state == "closed")
    assert {"out_at", "back_at", "follow_up"} <= closed.values.keys()
