"""Faults A11: one list of characters that can't be seen for gate and hub, held against every code point that there is."""

import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from edge.contract import unseen
from edge.contract.plates import normalise
from edge.contract.unseen import TABLE, is_plain
from edge.contract.values import NAME, Line, Name, visible, visible_lines
from hub.exports.writing.cells import LONGEST
from hub.passes.sheet.headings import plain
from hub.values import visible as shown
from scripts.contract.__main__ import SCHEMAS

EVERY = range(sys.maxunicode + 1)
IN_TABLE = frozenset(code for first, last, _ in TABLE for code in range(first, last + 1))
NONCHARACTERS = {*range(0xFDD0, 0xFDF0), *(code for code in EVERY if code & 0xFFFE == 0xFFFE)}
# Default_Ignorable_Code_Point of DerivedCoreProperties.txt, version 16
IGNORABLE = {
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F),
    *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000),
}  # fmt: skip
SHOW_NOTHING = {0x2800, 0xFFFC, 0x16FE4, 0x1D159}
FORMATS_OF_16 = {*range(0x13430, 0x13440)}
NAME_ADAPTER: TypeAdapter[str] = TypeAdapter(Name)
NAMES_OF_PEOPLE = [
    "王小明", "欧阳娜娜", "阿卜杜拉·买买提", "ئابدۇللا مەمەت", "قايرات نۇرعالي", "Қайрат", "བཀྲ་ཤིས་ཚེ་རིང་།", "བཀྲ༌ཤིས", "ᠪᠠᠲᠤ", "ᠰᠠᠷᠠᠨ\u180eᠠ", "ᠬᠠᠭᠠᠨ\u180bᠠ",
    "ᠨᠠ\u180b\u180eᠠ", "ᠣᠶᠤ\u180fᠨ", "ꆈꌠꁱꂷ", "ᦷᦟᦲᧉ", "𠮷野", "𬎆", "𰻝", "𱁬", "㛃", "黄䶮", "\ue863", "می\u200cخواهم", "गर\u094d\u200dयो", "\ufffd", "O’Neill", "👍",
]  # fmt: skip


def taken(text: str) -> bool:
    try:
        return bool(NAME_ADAPTER.validate_python(text) == text)
    except ValidationError:
        return False


def test_every_code_point_falls_where_the_rules_say() -> None:
    """The rules by this interpreter's Unicode, the table fixed: a code point that is assigned later changes neither."""
    kinds = {"Cc", "Cf", "Zl", "Zp", "Cs"}
    expected = {code for code in EVERY if unicodedata.category(chr(code)) in kinds}
    assert sorted(IN_TABLE ^ (expected | IGNORABLE | NONCHARACTERS | SHOW_NOTHING | FORMATS_OF_16)) == []
    assert all(unicodedata.category(chr(code)) != "Co" for code in IN_TABLE)


def test_the_table_is_in_order_and_says_why() -> None:
    assert list(TABLE) == sorted(TABLE)
    assert all(first <= last and why for first, last, why in TABLE)
    assert all(before[1] < after[0] for before, after in pairwise(TABLE))


SEEN = [chr(code) for code in EVERY if code not in IN_TABLE]
UNSEEN = [chr(code) for code in sorted(IN_TABLE)]
IS_HIDDEN = re.compile(f"[{unseen.HIDDEN}{unseen.HALVES}]").search
IS_UNSEEN = re.compile(unseen.UNSEEN).search
LINE_ENDS = {"\t", "\r", "\n"}
BREAKS = {*LINE_ENDS, "\v", "\f", "\x85", "\u2028", "\u2029"}


def blocks() -> Iterator[str]:
    """Everything that is seen and no blank, as long as names are."""
    text = "".join(each for each in SEEN if not each.isspace())
    return (text[at : at + 64] for at in range(0, len(text), 64))


def test_every_reader_takes_what_is_seen() -> None:
    """Texts, plates, pages, exports and headings, on gate and hub."""
    text = "a".join(SEEN)
    assert (
        visible(text) == visible_lines(text) == shown.visible(text) == shown.escaped(text) == shown.bare(text) == text
    )
    assert not IS_HIDDEN(text)
    assert not IS_UNSEEN(text)
    assert all(map(taken, blocks()))


def test_every_reader_leaves_out_what_is_not_seen() -> None:
    for text in UNSEEN:
        name = hex(ord(text))
        assert IS_HIDDEN(text), name
        assert IS_UNSEEN(text), name
        assert not is_plain(text), name
        assert visible(f"a{text}b") == ("a b" if text in BREAKS else "ab"), name
        assert visible_lines(f"a{text}b") == {"\t": "a b", "\n": "a\nb"}.get(text, "ab"), name
        assert shown.bare(f"a{text}b") == plain(f"a{text}b") == "ab", name
        assert (shown.visible(text) == text) == (shown.escaped(text) == text) == (text in LINE_ENDS), name
        assert not taken(f"a{text}b"), name
        assert normalise(f"鲁B{text}12345") == "鲁B12345", name


def test_the_schemas_have_the_same_list() -> None:
    """The pattern as it is checked in, for every code point that JSON can carry."""
    text = (SCHEMAS / "message-health.json").read_text(encoding="utf-8")
    assert NAME in _patterns(json.loads(text))
    matches = re.compile(NAME.replace("$", r"\Z")).match
    assert all(map(matches, blocks()))
    assert [each for each in UNSEEN if not "\ud800" <= each <= "\udfff" and matches(f"a{each}b")] == []


def _patterns(value: object) -> list[str]:
    if isinstance(value, dict):
        found = [value["pattern"]] if isinstance(value.get("pattern"), str) else []
        return found + [each for inner in value.values() for each in _patterns(inner)]
    return [each for inner in value for each in _patterns(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize("name", NAMES_OF_PEOPLE)
def test_names_of_people_stay_as_they_are(name: str) -> None:
    line: TypeAdapter[str] = TypeAdapter(Line)
    assert line.validate_python(name) == visible_lines(name) == shown.visible(name) == name


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("王\u200d小\u200c明", "王小明"), ("\u200cab\u200d", "ab"), ("ᠪ\u180b\u180b", "ᠪ\u180b"), ("王\u180b", "王"), ("ᠪ\u180e", "ᠪ"), ("\u180eᠪ", "ᠪ"),
        ("葛\U000e0100", "葛"), ("❤\ufe0f", "❤"), ("ᠪ\u200b\u180bᠠ", "ᠪᠠ"), ("ᠪ\u2800\u180eᠠ", "ᠪᠠ"), ("م\u200c ن", "م ن"), ("a\u0605\u2800\u3164\uffa0b", "ab"),
    ],
)  # fmt: skip
def test_what_makes_no_letter_goes(text: str, left: str) -> None:
    assert visible(text) == left
    assert "‹U+" in shown.visible(text)


@given(st.text(st.sampled_from("ᠪᠠ\u180b\u180e\u180f\u200c\u200dمन\u094da\u3164\u2028\n王 ")))
def test_a_text_that_was_read_once_stays(text: str) -> None:
    for read in (visible, visible_lines):
        assert read(read(text)) == read(text)
        assert not IS_UNSEEN(read(text).replace("\n", ""))
    assert shown.visible(visible(text)) == visible(text)


def test_a_plate_with_a_lost_character_is_no_other_plate() -> None:
    assert normalise("鲁B\ufffd2345") == "鲁B\ufffd2345"


def test_exports_show_what_only_looks_empty() -> None:
    assert shown.visible("\u3164") == "‹U+3164›"
    assert shown.finalize("a\u2800") == "a‹U+2800›"
    assert LONGEST > shown.LONGEST
