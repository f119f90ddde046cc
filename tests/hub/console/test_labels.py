"""The words for codes: what this version's gates publish has a word, what newer ones do stands as it is."""

from edge.lane.phase import Shown
from hub.console.labels import LABELS, label


def test_every_state_of_a_lane_has_a_word_and_no_other() -> None:
    assert LABELS["lane"].keys() == set(Shown)


def test_a_state_of_a_newer_gate_is_shown_as_it_is() -> None:
    assert label("lane", "weighing") == "weighing"
