"""What stands is shown at once; what the journal lacks is owed to it, in order and bounded."""

from edge.contract.facts import AlarmRaised, Kind
from edge.gate.alarms import DETAIL, OWED, Alarms


def owed(alarms: Alarms) -> list[tuple[Kind, str, str | None]]:
    return [(keep.kind, keep.body.alarm, lane) for keep, lane in alarms.owed]  # type: ignore[attr-defined]  # an alarm's body


def test_an_alarm_stands_from_the_moment_it_is_raised_and_is_owed_to_the_journal() -> None:
    alarms = Alarms({})
    assert alarms.raise_("camera", "lane 1: delivers no pictures", "1")
    assert not alarms.raise_("camera", "lane 1: still none", "1")
    assert alarms.standing == {("camera", "1"): "lane 1: delivers no pictures"}
    assert owed(alarms) == [(Kind.ALARM_RAISED, "camera", "1")]
    alarms.kept()
    assert alarms.owed == ()
    assert alarms.standing


def test_what_is_over_is_owed_too_and_only_once() -> None:
    alarms = Alarms({("help", "1"): "lane 1"})
    assert alarms.clear("help", "1")
    assert not alarms.clear("help", "1")
    assert (dict(alarms.standing), owed(alarms)) == ({}, [(Kind.ALARM_CLEARED, "help", "1")])


def test_a_flapping_alarm_fills_no_memory_and_no_other_is_forgotten_for_it() -> None:
    alarms = Alarms({})
    alarms.raise_("tank_low", "lane 1", "1")
    for number in range(OWED):
        alarms.raise_("camera", f"episode {number}", "1")
        alarms.clear("camera", "1")
    alarms.raise_("camera", "last", "1")
    assert len(alarms.owed) == OWED
    assert owed(alarms)[0] == (Kind.ALARM_RAISED, "tank_low", "1")
    of_camera = [kind for kind, alarm, _ in owed(alarms) if alarm == "camera"]
    assert of_camera == [Kind.ALARM_RAISED, Kind.ALARM_CLEARED] * (len(of_camera) // 2) + [Kind.ALARM_RAISED]
    last = alarms.owed[-1][0].body
    assert isinstance(last, AlarmRaised)
    assert last.detail == "last"


def test_a_detail_is_what_a_record_can_hold() -> None:
    alarms = Alarms({})
    alarms.raise_("voice", "x" * 500 + "\udcff")
    alarms.raise_("camera", "no such file: \udcff")
    assert list(alarms.standing.values()) == ["x" * DETAIL, "no such file: ?"]
