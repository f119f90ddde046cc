"""What the simulated camera shows is the same for the same vehicle, can be read, and lies whole in a bounded cache."""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.scanner.scanner import Scanner
from edge.simulation import clips
from edge.simulation.clips import APPROACH, EMPTY, LEAVING, STANDING, Appearance
from edge.simulation.drawing import Medium
from tests.edge.pictures import pass_text

TEXT = pass_text()
RESIDENT = Appearance(1, 7, False, "resident", "鲁B12345", TEXT, "card")
LANE = Appearance(1, 1, False)
ZXING, PYZBAR = Scanner(["zxing"]), Scanner(["pyzbar"])


@pytest.mark.parametrize(
    ("seed", "night", "vehicle_class", "plate", "medium"),
    [
        (1, False, "resident", "鲁B12345", "card"),
        (2, True, "village_duty", "鲁U2K345", "card"),
        (3, False, "sample_transport", "鲁BF88888", "phone"),
        (4, True, "supplies", "鲁BD12345", "phone"),
        (5, True, "of_a_class_nobody_drew", "", "card"),
    ],
)
def test_standing_vehicle_can_be_read_by_either_decoder(
    tmp_path: Path, seed: int, night: bool, vehicle_class: str, plate: str, medium: Medium
) -> None:
    clip = clips.clip(Appearance(seed, seed, night, vehicle_class, plate, TEXT, medium), tmp_path)
    for scanner in (ZXING, PYZBAR):
        read = [[each.text for each in scanner.scan(image)] for image in clip.standing]
        assert read.count([TEXT]) >= STANDING - 1
        assert all(texts in ([], [TEXT]) for texts in read)


def test_code_is_seen_only_while_the_vehicle_stands(tmp_path: Path) -> None:
    clip = clips.clip(RESIDENT, tmp_path)
    assert (len(clip.approach), len(clip.standing), len(clip.leaving)) == (APPROACH, STANDING, LEAVING)
    assert not any(ZXING.scan(image) for image in (*clip.approach, *clip.leaving))


def test_vehicle_without_a_pass_shows_none(tmp_path: Path) -> None:
    clip = clips.clip(Appearance(3, 3, False, "emergency", "鲁B99120"), tmp_path)
    assert not any(ZXING.scan(image) for image in clip.frames)


def test_web_address_is_shown_as_it_stands(tmp_path: Path) -> None:
    text = "https://weather.example/lookup?place=17"
    clip = clips.clip(replace(RESIDENT, text=text), tmp_path)
    assert [each.text for each in ZXING.scan(clip.standing[-1])] == [text]


def test_same_vehicle_is_the_same_video(tmp_path: Path) -> None:
    clips.render(RESIDENT, tmp_path / "one")
    clips.render(RESIDENT, tmp_path / "two")
    one, two = (next((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert one.name == two.name == RESIDENT.name
    assert one.read_bytes() == two.read_bytes()


def test_everything_that_shows_changes_the_name() -> None:
    others = [
        replace(RESIDENT, scene=2), replace(RESIDENT, seed=8), replace(RESIDENT, night=True), replace(RESIDENT, plate="鲁B1"),
        replace(RESIDENT, vehicle_class="supplies"), replace(RESIDENT, text="x"), replace(RESIDENT, medium="phone"),
    ]  # fmt: skip
    assert len({each.name for each in (RESIDENT, *others)}) == 1 + len(others)


def test_empty_lane_differs_by_noise_alone(tmp_path: Path) -> None:
    lane = clips.clip(LANE, tmp_path)
    assert len(lane.frames) == EMPTY
    first, second = (image.astype(int) for image in lane.frames[:2])
    assert 0 < np.abs(first - second).mean() < 3


def test_clips_are_rendered_once(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    night = replace(LANE, night=True)
    clips.render_all([LANE, night, LANE], tmp_path, lambda done, total: told.append((done, total)))
    assert sorted(told) == [(1, 2), (2, 2)]
    clips.render_all([LANE, night], tmp_path, lambda done, total: told.append((done, total)))
    assert len(told) == 2
    assert {path.name for path in tmp_path.iterdir()} == {LANE.name, night.name}


def test_half_rendered_clip_never_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(appearance: Appearance) -> object:
        yield np.zeros((720, 1280, 3), np.uint8)
        raise KeyboardInterrupt

    monkeypatch.setattr(clips, "draw", torn)
    with pytest.raises(KeyboardInterrupt):
        clips.render(LANE, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_cache_loses_what_was_not_played_for_longest_and_nothing_that_is_wanted(tmp_path: Path) -> None:
    now = time.time()
    for age, name in enumerate(["new.avi", "old.avi", "older.avi", "wanted.avi"]):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (now - age, now - age))
    clips.trim(tmp_path, frozenset({"wanted.avi"}), most=250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.avi", "wanted.avi"]
