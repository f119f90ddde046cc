"""A bouncing contact tells one change, and no shorter one than it should."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.hardware.debounce import Contact, changed, due, settled

SETTLE = 0.02


def test_a_level_counts_once_it_has_stood() -> None:
    contact = changed(Contact(on=False, level=False), True, 1.0)
    assert due(contact, SETTLE) == 1.02
    assert not settled(contact, SETTLE, 1.01).on
    assert settled(contact, SETTLE, 1.02).on


def test_a_spike_is_nothing() -> None:
    contact = changed(changed(Contact(on=False, level=False), True, 1.0), False, 1.005)
    assert due(contact, SETTLE) is None
    assert not settled(contact, SETTLE, 2.0).on


@given(st.lists(st.floats(0.0001, 0.05), max_size=30))
def test_no_two_changes_are_closer_than_the_settling_time(gaps: list[float]) -> None:
    contact, at, changes = Contact(on=False, level=False), 0.0, []
    level = False
    for gap in gaps:
        before = settled(contact, SETTLE, at + gap)
        if before.on is not contact.on:
            changes.append(contact.since + SETTLE)
        at, level = at + gap, not level
        contact = changed(before, level, at)
    # sums of fractions: exact to a nanosecond
    assert all(later - sooner >= SETTLE - 1e-9 for sooner, later in pairwise(changes))
