"""What the pulses of a flow sensor mean."""

from edge.hardware.flow import Flow, leaks, looked, pulsed, started, stopped

DRY = 2.0


def pulses(flow: Flow, first: float, last: float, every: float = 0.1) -> Flow:
    at = first
    while at <= last + 1e-9:
        flow = pulsed(flow, at)
        at += every
    return flow


def test_seconds_are_those_of_the_flow_not_of_the_relay() -> None:
    flow = pulses(started(Flow(), 10.0), 11.5, 15.0)
    assert flow.pulses == 36
    # the pump primed for longer than a gap: that did not count
    assert round(flow.seconds, 3) == 3.5


def test_a_gap_is_no_flow() -> None:
    flow = pulses(pulses(started(Flow(), 0.0), 0.1, 2.0), 6.0, 7.0)
    assert round(flow.seconds, 3) == 3.0


def test_what_runs_on_behind_the_end_counts_in_litres_only() -> None:
    flow = stopped(pulses(started(Flow(), 0.0), 0.1, 2.0), 2.0)
    after = pulses(flow, 2.1, 2.5)
    assert (after.pulses - flow.pulses, after.seconds, leaks(after)) == (5, flow.seconds, False)


def test_nothing_flows_though_the_sprayer_is_on() -> None:
    flow = started(Flow(), 0.0)
    assert not looked(flow, 1.9, DRY).dry
    dry = looked(flow, 2.1, DRY)
    assert dry.dry
    # it is remembered over the end, until something flows again
    assert started(stopped(dry, 10.0), 20.0).dry
    assert not pulsed(started(dry, 20.0), 20.5).dry


def test_flow_that_nobody_asked_for_is_told_and_is_over_when_it_stops() -> None:
    flow = pulses(Flow(), 100.0, 100.1)
    assert not leaks(flow), "two pulses are an accident"
    flow = pulsed(flow, 100.2)
    assert leaks(flow)
    assert leaks(looked(flow, 104.0, DRY))
    assert not leaks(looked(flow, 106.0, DRY))
