"""A bouncing contact tells one change, and no shorter one than it should."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.hardware.debounce import Contact, Settle, changed, due, settled

SECONDS = 0.02
SETTLE = Settle(SECONDS, SECONDS)


def test_a_level_counts_once_it_has_stood() -> None:
    contact = changed(Contact(on=False, level=False), True, 1.0)
    assert due(contact, SETTLE) == 1.02
    assert not settled(contact, SETTLE, 1.01).on
    assert settled(contact, SETTLE, 1.02).on


def test_a_spike_is_nothing() -> None:
    contact = changed(changed(Contact(on=False, level=False), True, 1.0), False, 1.005)
    assert due(contact, SETTLE) is None
    assert not settled(contact, SETTLE, 2.0).on


def test_a_gap_shorter_than_it_may_be_is_none() -> None:
    settle = Settle(on=SECONDS, off=0.5)
    contact = settled(changed(Contact(on=False, level=False), True, 1.0), settle, 1.02)
    assert contact.on
    away = changed(contact, False, 2.0)
    assert due(away, settle) == 2.5
    back = changed(settled(away, settle, 2.4), True, 2.4)
    assert back.on, "the same vehicle: its drawbar was over the loop"
    assert due(back, settle) is None
    assert not settled(changed(back, False, 3.0), settle, 3.5).on


@given(st.lists(st.floats(0.0001, 0.05), max_size=30))
def test_no_two_changes_are_closer_than_the_settling_time(gaps: list[float]) -> None:
    contact, at, changes = Contact(on=False, level=False), 0.0, []
    level = False
    for gap in gaps:
        before = settled(contact, SETTLE, at + gap)
        if before.on is not contact.on:
            changes.append(contact.since + SECONDS)
        at, level = at + gap, not level
        contact = changed(before, level, at)
    # sums of fractions: exact to a nanosecond
    assert all(later - sooner >= SECONDS - 1e-9 for sooner, later in pairwise(changes))
