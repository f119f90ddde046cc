"""The wiring's table and drawing come from the pins that the gate reads."""

import xml.etree.ElementTree as ET
from pathlib import Path

from edge.commands.wiring import GROUNDS, HEADER, NAMES, POWER, drawing, ground_of, table
from edge.config import Pins

README = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")


def test_readme_shows_the_wiring_that_a_new_gate_has() -> None:
    assert table({"1": Pins().fitted()}) in README


def test_every_pin_that_a_gate_may_use_is_on_the_header_once() -> None:
    assert set(HEADER) == set(range(28))
    assert sorted([*HEADER.values(), *GROUNDS, *POWER]) == list(range(1, 41))


def test_everything_that_can_be_fitted_has_a_name_in_both_languages() -> None:
    assert NAMES.keys() == Pins.model_fields.keys()
    assert all(zh and en.isascii() for zh, en in NAMES.values())


def test_a_row_says_where_the_wire_and_its_ground_go() -> None:
    rows = table({"1": Pins(safety=4).fitted()}).splitlines()
    assert "| 7 | 4 | 1 | 杆下传感器 | third sensor, under the arm | in, a contact to ground | 6 |" in rows
    assert "| 11 | 17 | 1 | 道闸继电器 | barrier relay | out, 3.3 V to a relay board | 9 |" in rows
    assert ground_of(40) == 39


def test_the_drawing_has_forty_pins_and_names_each_device_of_every_lane() -> None:
    lanes = {"in": Pins().fitted(), "out <2>": {"barrier": 16, "outer_loop": 20}}
    tree = ET.fromstring(drawing(lanes))
    circles = [each for each in tree.iter() if each.tag.endswith("circle")]
    texts = [each.text or "" for each in tree.iter() if each.tag.endswith("text")]
    assert len(circles) == 40
    assert len([each for each in circles if each.get("fill") == "black"]) == 12
    assert sum("道闸继电器 · barrier relay" in text for text in texts) == 2
    assert any("车道 lane out <2>" in text for text in texts)
