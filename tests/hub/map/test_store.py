"""The town's plan, uploaded or in the data folder, and the places of its gates."""

import pytest

from hub.errors import RefusedError
from hub.map import store
from hub.map.plan import PlanKind
from hub.map.store import Place as Spot
from tests.hub.ledgers import table
from tests.hub.map.test_plan import geojson, jpeg, png
from tests.hub.towns import NOW, Place


def keep(place: Place, data: bytes) -> None:
    with place.engine.begin() as connection:
        store.keep(connection, town="demo", data=data, by="u-5", now=NOW)


def kind(place: Place) -> PlanKind | None:
    with place.engine.begin() as connection:
        found = store.plan(connection, "demo", place.folder)
    return None if found is None else found.kind


def put(place: Place, gate: str, where: Spot | None) -> dict[str, Spot]:
    with place.engine.begin() as connection:
        on = store.plan(connection, "demo", place.folder)
        assert on is not None
        store.put(connection, town="demo", on=on, gate=gate, place=where, by="u-5", now=NOW)
        return store.places(connection, "demo", on)


def test_a_file_in_the_folder_counts_until_a_plan_is_uploaded(place: Place) -> None:
    assert kind(place) is None
    (place.folder / "plan.geojson").write_bytes(geojson())
    assert kind(place) is PlanKind.GEOJSON
    (place.folder / "plan.jpg").write_bytes(jpeg())
    assert kind(place) is PlanKind.JPEG
    keep(place, png())
    assert kind(place) is PlanKind.PNG
    with place.engine.begin() as connection:
        store.remove(connection, town="demo", by="u-5", now=NOW)
        with pytest.raises(RefusedError, match="none was uploaded"):
            store.remove(connection, town="demo", by="u-5", now=NOW)
    assert kind(place) is PlanKind.JPEG
    assert [row["action"] for row in table(place, "audit")][-2:] == ["plan kept", "plan removed"]


def test_a_file_that_is_no_plan_is_none(place: Place) -> None:
    (place.folder / "plan.png").write_bytes(b"nothing")
    assert kind(place) is None


def test_a_gate_is_put_moved_and_taken_off(place: Place) -> None:
    keep(place, png())
    assert put(place, "east", Spot(100, 200)) == {"east": Spot(100, 200)}
    assert put(place, "east", Spot(1000, 0)) == {"east": Spot(1000, 0)}
    assert put(place, "west", Spot(1, 2)).keys() == {"east", "west"}
    assert put(place, "east", None).keys() == {"west"}


@pytest.mark.parametrize(
    ("gate", "where"), [("nowhere", Spot(1, 1)), ("east", Spot(-1, 5)), ("east", Spot(5, 1001)), ("east", Spot(float("nan"), 1))]
)  # fmt: skip
def test_no_gate_and_no_place_beyond_the_plan(place: Place, gate: str, where: Spot) -> None:
    keep(place, png())
    with pytest.raises(RefusedError):
        put(place, gate, where)


def test_places_on_a_picture_and_on_geojson_are_kept_apart(place: Place) -> None:
    keep(place, png())
    put(place, "east", Spot(500, 500))
    keep(place, geojson())
    assert put(place, "west", Spot(120.15, 36.85)) == {"west": Spot(120.15, 36.85)}
    with pytest.raises(RefusedError, match="-90 to 90"):
        put(place, "east", Spot(120, 500))
    keep(place, png(90, 90))
    with place.engine.begin() as connection:
        on = store.plan(connection, "demo", place.folder)
        assert on is not None
        assert store.places(connection, "demo", on) == {"east": Spot(500, 500)}
