"""A little of the road: a few thousand events over several seeds and sorts of lanes. `python -m tests.edge.road` drives more."""

import pytest

from edge.contract.alarms import PASSAGES
from tests.edge.road.__main__ import drive, main, table
from tests.edge.road.passage import ALARMS
from tests.edge.road.world import Setup, World, toml

EVENTS = 700


@pytest.mark.parametrize("sensors", [2, 3])
@pytest.mark.parametrize("seed", range(1, 6))
def test_the_lane_keeps_its_promises(seed: int, sensors: int) -> None:
    result = drive(seed, EVENTS, sensors)
    stories = [
        f"{violation}\n" + "\n".join(result.stories.get(place, [])) for place, violation in enumerate(result.violations)
    ]
    assert not stories, stories[0]
    assert result.counts["through"] > 0


@pytest.mark.parametrize("seed", [39, 74, 78])
def test_what_a_million_events_found_last_is_found_no_more(seed: int) -> None:
    """Two ways, three sensors: the far loop that is never free (74, 78), and who is turned back as it drives (39)."""
    assert drive(seed, 3000, 3, 2, first=True).violations == []


def test_a_seed_always_tells_the_same_story() -> None:
    first, second = drive(3, 400), drive(3, 400)
    assert first.counts == second.counts
    assert first.limits == second.limits


def test_the_table_counts_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    result = drive(2, 300)
    assert f"{result.counts['vehicles']}" in table([result], 1.0)
    main(["--replay", "2", "--steps", "50"])
    assert capsys.readouterr().out.startswith("Setup(")


def test_settings_of_a_world_name_its_third_sensor() -> None:
    world = World(Setup())
    assert world.settings.lanes[0].pins.safety is None
    assert "safety" not in toml(Setup())


def test_the_judge_knows_every_alarm_of_a_passage() -> None:
    assert PASSAGES | {"unclear_passage"} >= ALARMS
