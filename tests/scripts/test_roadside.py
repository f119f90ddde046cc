"""Gate frames as the road makes them: the same from the same seed, and what a shot says is what the frame shows."""

import os
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from edge.contract import passes
from edge.scanner.decoder_process import Bounded
from edge.scanner.scanner import Scanner
from scripts.roadside.picture import empty, picture, picture_and_corners
from scripts.roadside.sequence import APPROACH, EMPTY_BEFORE, LEAVE, STAND, visits
from scripts.roadside.shot import CONDITIONS, OTHERS, Shot, shots
from scripts.roadside.soak import resident, soak
from scripts.roadside.texts import pass_texts

TEXT = pass_texts(7)[0]


def test_there_are_twelve_conditions() -> None:
    assert len(CONDITIONS) == 12


@pytest.mark.parametrize("condition", [*CONDITIONS, *OTHERS])
def test_same_seed_draws_the_same_frame(condition: str) -> None:
    one, other = (picture(TEXT, shots(condition, 3, 1)[0]) for _ in range(2))
    assert one.shape == (720, 1280, 3)
    assert np.array_equal(one, other)


def test_another_seed_draws_other_shots() -> None:
    assert shots("glare", 3, 5) != shots("glare", 4, 5)


def test_clean_frames_are_read_and_their_corners_are_where_the_code_is() -> None:
    for shot in shots("clean", 5, 4):
        frame, corners = picture_and_corners(TEXT, shot)
        (reading,) = Scanner().scan(frame)
        assert reading.text == TEXT
        assert np.array(reading.corners) == pytest.approx(corners, abs=2 * shot.module)


def test_worse_shots_are_read_less_often() -> None:
    def read(smear: float) -> int:
        return sum(bool(Scanner().scan(picture(TEXT, replace(each, smear=smear)))) for each in shots("clean", 6, 5))

    assert read(0) == 5
    assert read(24) == 0


def test_passes_are_those_of_a_demo_town_and_belong_to_its_seed() -> None:
    texts = pass_texts(7)
    assert len(set(texts)) == len(texts) > 20
    assert all(text.startswith(passes.PREFIX) for text in texts)
    assert not set(texts) & set(pass_texts(8))


def test_vehicle_comes_stands_and_leaves() -> None:
    (visit,) = visits((TEXT,), 2, 1)
    shown = [shot for shot in visit.shots if shot is not None]
    assert visit.shots[:EMPTY_BEFORE] == (None,) * EMPTY_BEFORE
    assert len(shown) == APPROACH + STAND + LEAVE
    assert shown[0].module < shown[APPROACH].module < shown[-1].module
    assert shown[0].smear > np.mean([shot.smear for shot in shown[APPROACH : APPROACH + STAND]])


def test_visits_are_the_same_from_the_same_seed() -> None:
    assert list(visits((TEXT,), 2, 3)) == list(visits((TEXT,), 2, 3))
    assert [each.spoils for each in visits((TEXT,), 2, 9)] != [each.spoils for each in visits((TEXT,), 3, 9)]


def test_empty_lane_has_no_code_in_it() -> None:
    assert Scanner().scan(empty(Shot(scene=2, seed=1))) == ()


def test_hundreds_of_frames_leave_memory_flat_tell_nothing_wrong_and_nothing_on_standard_error() -> None:
    found = soak(480, kinds=4)
    assert found.told > 0
    assert (found.wrong, found.said) == (0, "")
    # allocators keep some: a leak of a frame each time would be over 1,000 MB
    assert found.memory[-1] - found.memory[4] < 60


def test_soak_with_the_decoder_that_can_be_killed_counts_both_processes() -> None:
    with closing(Bounded(limit=10.0)) as bounded:
        assert bounded.wait()
        heard: list[str] = []
        found = soak(120, kinds=1, bounded=bounded, say=heard.append)
        assert resident(bounded.pid) > 10
    assert found.told > 0
    assert (found.wrong, found.said, found.kills, len(heard)) == (0, "", 0, 10)
    assert min(found.memory) > resident(os.getpid()) / 2
