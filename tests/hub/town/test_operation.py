"""The operation's rules: what a new town begins with, and one line for whatever is wrong."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from edge.contract.policy import OVERRIDES, TURN_BACK, AntiPassback, GateInfo, Term, Travel
from hub.errors import HubError
from hub.town.default_operation import default_text
from hub.town.operation import Rules
from hub.town.operation_file import FILE

STARTS = "2026-03-01T00:00:00.000Z"
GATES = {"east": GateInfo(number=0, zh="东", en="East"), "west": GateInfo(number=1, zh="西", en="West")}


def rules(tmp_path: Path, text: str) -> Rules:
    (tmp_path / FILE).write_text(default_text(STARTS) + text, encoding="utf-8")
    return Rules.load(tmp_path)


def test_a_new_town_has_every_class_with_rules_that_fit(tmp_path: Path) -> None:
    policy = rules(tmp_path, "").policy(GATES, ())
    assert [each.id for each in policy.classes] == [
        "resident", "village_duty", "supplies", "sample_transport", "refuse_removal", "medical", "emergency", "transit",
        "visitor",
    ]  # fmt: skip
    by_id = {each.id: each for each in policy.classes}
    assert by_id["transit"].transit_minutes == 120
    assert by_id["visitor"].anti_passback is AntiPassback.HARD
    assert by_id["sample_transport"].anti_passback is AntiPassback.OFF
    # no two classes look alike on a card, also to whoever can't tell colours apart from their shade
    assert len({(each.colour, each.mark) for each in policy.classes}) == len(policy.classes)


def test_travel_and_times_reach_the_policy(tmp_path: Path) -> None:
    policy = rules(tmp_path, '[[travel]]\ngates = ["east", "west"]\nleast_minutes = 6\n').policy(GATES, ())
    assert policy.travel == (Travel(gates=("east", "west"), least_minutes=6),)
    assert policy.unmatched_hours == 24


def test_a_new_towns_file_offers_the_contracts_reasons_and_may_leave_them_out(tmp_path: Path) -> None:
    written = rules(tmp_path, "")
    text = default_text(STARTS)
    left_out = text[: text.index("turn_back = [")] + text[text.index("# Where vehicles come") :]
    assert written == Rules.model_validate(tomllib.loads(left_out))
    policy = written.policy(GATES, ())
    assert (policy.turn_back, policy.overrides) == (TURN_BACK, OVERRIDES)


def test_places_purposes_province_and_time_zone_reach_the_policy(tmp_path: Path) -> None:
    text = default_text(STARTS).replace("# province", "province")
    policy = Rules.model_validate(tomllib.loads(text)).policy(GATES, (), "Asia/Urumqi")
    assert policy.places[0] == Term(zh="镇区", en="the town")
    assert {"就医", "送货"} <= {each.zh for each in policy.purposes}
    assert (policy.province, policy.timezone) == ("鲁", "Asia/Urumqi")
    assert Rules.of(policy).places[0].en == "the town"
    plain = re.sub(r"^places = \[$.*?^\]$", 'places = ["青岛"]', default_text(STARTS), flags=re.M | re.S)
    assert Rules.model_validate(tomllib.loads(plain)).policy(GATES, ()).places == (Term(zh="青岛", en="青岛"),)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("places", '["青岛", { zh = "青岛", en = "Qingdao" }]', "places 青岛 occurs twice"),
        ("places", '[""]', "places.0.zh: "),
        ("places", '[{ zh = "青岛" }]', "places.0.en: missing"),
        ("purposes", "[1]", "purposes.0: "),
        ("purposes", str([str(number) for number in range(25)]), "purposes: tuple should have at most 24 items"),
        ("province", '"山东"', "province: "),
    ],
)
def test_a_place_that_no_officer_could_choose_is_one_line(tmp_path: Path, name: str, value: str, why: str) -> None:
    text = re.sub(rf"^{name} = \[$.*?^\]$", "", default_text(STARTS), flags=re.M | re.S)
    (tmp_path / FILE).write_text(f"{name} = {value}\n{text}", encoding="utf-8")
    with pytest.raises(HubError) as refused:
        Rules.load(tmp_path)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


def with_class(**values: Any) -> str:
    lines = {"number": 99, "id": "x", "zh": "", "en": ""} | values
    return "[[classes]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in lines.items())


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (with_class(default_days=40, most_days=30), "class x: default_days 40: expected at most most_days, 30"),
        (with_class(default_days=0), "classes.9.default_days: "),
        (with_class(anti_passback="medium"), "classes.9.anti_passback: "),
        (with_class(colour="red"), "classes.9.colour: "),
        (with_class(mark="heart"), "classes.9.mark: "),
        (with_class(transit_minutes=-1), "classes.9.transit_minutes: "),
        (with_class(passback_hours=0), "classes.9.passback_hours: "),
        (with_class(passback_hours=1e12), "classes.9.passback_hours: "),
        (with_class(gates=[]), "class x: gates: expected at least one"),
        ('[[travel]]\ngates = ["east", "east"]\nleast_minutes = 6\n', "travel: expected two different gates"),
        ('[[travel]]\ngates = ["east"]\nleast_minutes = 6\n', "travel.0.gates.1: missing"),
        ('[[travel]]\ngates = ["east", "west"]\nleast_minutes = 0\n', "travel.0.least_minutes: "),
        (
            '[[travel]]\ngates = ["east", "west"]\nleast_minutes = 6\n'
            '[[travel]]\ngates = ["west", "east"]\nleast_minutes = 7\n',
            "travel between east and west occurs twice",
        ),
    ],
)
def test_a_rule_that_can_not_be_is_one_line(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(HubError) as refused:
        rules(tmp_path, text)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


FLOOD = '{ id = "flooded", zh = "前方积水", en = "the road is flooded" }'


@pytest.mark.parametrize("name", ["turn_back", "overrides"])
@pytest.mark.parametrize(
    ("choices", "why"),
    [
        ("[]", ": tuple should have at least 1 item"),
        (f"[{FLOOD}, {FLOOD}]", " id flooded occurs twice"),
        ('[{ id = "Flooded!", zh = "前方积水", en = "flooded" }]', ".0.id: "),
        ('[{ id = "flooded", zh = "", en = "flooded" }]', ".0.zh: "),
        ('[{ id = "flooded", zh = "前方积水" }]', ".0.en: missing"),
        ('[{ id = "flooded", zh = "前方积水", en = "flooded", icon = "~" }]', ".0.icon: unknown key"),
        ('["flooded"]', ".0: "),
    ],
)
def test_a_reason_that_no_officer_could_choose_is_one_line(tmp_path: Path, name: str, choices: str, why: str) -> None:
    text = re.sub(rf"^{name} = \[$.*?^\]$", f"{name} = {choices}", default_text(STARTS), flags=re.M | re.S)
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(HubError) as refused:
        Rules.load(tmp_path)
    assert f"{FILE}: " in str(refused.value)
    assert name + why in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["stale_hours", "unmatched_hours"])
def test_hours_that_no_calendar_counts_are_refused_before_a_gate_breaks_on_them(tmp_path: Path, name: str) -> None:
    (tmp_path / FILE).write_text(f"{name} = 1e12\n" + default_text(STARTS).replace(f"{name} = ", "# "), "utf-8")
    with pytest.raises(HubError, match=name):
        Rules.load(tmp_path)


def test_the_gates_that_rules_name_are_told_with_their_place(tmp_path: Path) -> None:
    found = rules(
        tmp_path, with_class(gates=["south"]) + '[[travel]]\ngates = ["east", "west"]\nleast_minutes = 6\n'
    ).gates_named()
    assert found == [("class x", "south"), ("travel", "east"), ("travel", "west")]


def test_the_comments_of_a_new_towns_file_are_toml_when_uncommented() -> None:
    text = default_text(STARTS)
    for line in ("# [[travel]]", '# gates = ["east", "west"]', "# least_minutes = 6"):
        assert line in text
        text = text.replace(line, line.removeprefix("# "))
    assert Rules.model_validate(tomllib.loads(text)).travel[0].least_minutes == 6


def ending(tmp_path: Path, starts: str, ends: str) -> Rules:
    """The rules of a new town's file with these two, as they are written there."""
    text = default_text(STARTS).replace(f'starts = "{STARTS}"', f"starts = {starts}\nends = {ends}")
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    return Rules.load(tmp_path)


@pytest.mark.parametrize("ends", ['"2026-07-01T00:00:00+08:00"', "2026-07-01T00:00:00+08:00", '"2026-06-30T16:00:00Z"'])
def test_the_end_is_a_time_of_the_calendar_with_or_without_quotes(tmp_path: Path, ends: str) -> None:
    """faults G: `ends` is read, as a value."""
    read = ending(tmp_path, f'"{STARTS}"', ends)
    assert read.ends == "2026-06-30T16:00:00.000Z"
    assert read.policy(GATES, ()).operation.ends == "2026-06-30T16:00:00.000Z"


@pytest.mark.parametrize(
    ("starts", "ends", "why"),
    [
        (f'"{STARTS}"', '"2026-02-30T00:00:00Z"', "ends: expected a time of the calendar with its offset"),
        (f'"{STARTS}"', '"2026-07-01"', "ends: expected a time of the calendar"),
        (f'"{STARTS}"', '"2026-07-01T00:00:00"', "ends: expected a time of the calendar with its offset"),
        (f'"{STARTS}"', '"2026-W27-3T00:00:00Z"', "ends: expected a time of the calendar"),
        (f'"{STARTS}"', '"２０２６-07-01T00:00:00Z"', "ends: expected a time of the calendar"),
        (f'"{STARTS}"', '"9999-12-31T23:59:59Z"', "ends: expected a time of the calendar"),
        (f'"{STARTS}"', "2026-07-01", "ends: expected a time of the calendar"),
        (f'"{STARTS}"', "7", "ends: expected a time of the calendar"),
        ('"0001-01-01T00:00:00+08:00"', '"2026-07-01T00:00:00Z"', "starts: expected a time of the calendar"),
        (f'"{STARTS}"', f'"{STARTS}"', "ends 2026-03-01T00:00:00.000Z: expected a time after starts"),
        (f'"{STARTS}"', '"2026-03-01T07:59:59+08:00"', "expected a time after starts"),
    ],
)
def test_an_end_that_is_none_is_one_line(tmp_path: Path, starts: str, ends: str, why: str) -> None:
    with pytest.raises(HubError, match=re.escape(why)) as refused:
        ending(tmp_path, starts, ends)
    assert str(refused.value).count("\n") == 0
