"""The gate's own keys: what only checks old signatures keeps no lane closed."""

from pathlib import Path

import pytest

from edge.keys import FORMER, Keys
from tests.edge.folders import enrolled


@pytest.mark.parametrize("held", [b"junk", b"\0" * 64, b"\xff\xfe", b"ab" * 32 + b"\nxy"])
def test_former_keys_that_cannot_be_read_are_left_out(tmp_path: Path, held: bytes) -> None:
    gate = enrolled(tmp_path / "east", camera="v4l2:/dev/video9")
    (gate / "keys" / FORMER).write_bytes(held)
    assert Keys.load(gate).former == ()


def test_a_folder_in_their_place_is_left_out_too(tmp_path: Path) -> None:
    gate = enrolled(tmp_path / "east", camera="v4l2:/dev/video9")
    (gate / "keys" / FORMER).mkdir()
    assert Keys.load(gate).former == ()
