"""The words for codes: each state of a lane that a gate can publish has one, in both languages."""

from edge.lane.phase import Shown
from hub.console.labels import LABELS, label
from tests.hub.consoles import Console


def test_placeholder() -> None:
    assert LABELS
