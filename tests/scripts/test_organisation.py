"""The demo town's organisation: units, gates and plans, all of which the hub takes."""

from pathlib import Path

from hub.accounts.roles import Role
from hub.organisation import store as units
from hub.villages import store
from hub.villages.drawing import drawing
from hub.villages.marks import MarkKind
from scripts.town import organisation
from tests.hub.ledgers import settle
from tests.hub.towns import NOW


def test_the_demo_town_comes_with_its_organisation_and_a_plan_for_each_village(tmp_path: Path) -> None:
    place = settle(tmp_path)
    officers = {"east": place.users[Role.OFFICER]}
    with place.engine.begin() as connection:
        organisation.fill(connection, "demo", ["east", "south", "west", "north"], officers, by="cli", now=NOW)
        tree = units.every(connection, "demo")
        levels = [each.level for each in tree]
        assert (levels.count("town"), levels.count("area"), levels.count("village")) == (1, 3, 8)
        assert levels.count("grid") >= 16
        assert units.units_of_gates(connection, "demo")["east"] == "dongwangjia"
        pictures = 0
        for village in (each for each in tree if each.level == "village"):
            found = store.find(connection, "demo", village.id)
            assert found is not None
            pictures += found.plan.is_picture
            marks = store.marks(connection, "demo", village.id, found.plan, households=True)
            kinds = {each.said.kind for each in marks}
            assert kinds >= {
                MarkKind.AREA,
                MarkKind.CHECKPOINT,
                MarkKind.ENTRANCE,
                MarkKind.TESTING,
                MarkKind.HOUSEHOLD,
            }
            drawn = drawing(found.plan, marks)
            assert all(
                0 <= x <= drawn.width and 0 <= y <= drawn.height for spots in drawn.places.values() for x, y in spots
            )
    assert pictures == 1


def test_a_village_is_always_the_same() -> None:
    assert organisation.ground(3, organisation.laid_out(3)) == organisation.ground(3, organisation.laid_out(3))
    assert organisation.picture(organisation.laid_out(4)) == organisation.picture(organisation.laid_out(4))
