"""A register's declaration: what is taken, and the one line for what is not."""

import re

import pytest

from hub.errors import RefusedError
from hub.registers import catalogue
from hub.registers.declaration import read
from tests.hub.registers.declared import FINDINGS, HOME_DAYS, HOUSEHOLDS, SUPPLIES


def test_every_register_that_is_shipped_and_every_one_of_the_tests_is_taken() -> None:
    for text in (*catalogue.shipped().values(), HOUSEHOLDS, HOME_DAYS, SUPPLIES, FINDINGS):
        register = read(text)
        assert register.zh
        assert register.en
        assert all(each.zh and each.en for each in register.fields)


def test_a_shipped_register_s_parent_is_shipped_too() -> None:
    shipped = catalogue.shipped()
    assert all(read(text).parent in {None, *shipped} for text in shipped.values())


RULE = """
[[rules]]
id = "deep"
zh = "深"
en = "Deep"
needs = ["what"]
[[states]]"""


@pytest.mark.parametrize(
    ("text", "changed", "to", "wrong"),
    [
        (FINDINGS, 'type = "long"', 'type = "longish"', r"fields.3.type: Input should be 'text'.*found 'longish'"),
        (FINDINGS, 'due = "until"', 'due = "when"', "due: no such field 'when'"),
        (FINDINGS, 'due = "until"', 'due = "what"', "due: field what: expected type date or time, found text"),
        (FINDINGS, 'next = ["fixed"]', 'next = ["lost"]', "state open: next: no such state 'lost'"),
        (FINDINGS, 'needs = ["fix"]', 'needs = ["proof"]', "state fixed: needs: no such field 'proof'"),
        (FINDINGS, "ends = true", "ends = false", "states: expected at least one with ends = true"),
        (FINDINGS, 'id = "fix"', 'id = "what"', "field what: occurs twice"),
        (FINDINGS, 'id = "faults"', 'id = "No spaces"', "id: String should match pattern"),
        (FINDINGS, 'id = "faults"', 'id = "faults"\ncolour = "red"', "colour: no such key"),
        (FINDINGS, 'zh = "时限"', "", "fields.2.zh: Field required"),
        (HOME_DAYS, 'parent = "homes"\n', "", "daily: expected parent beside it"),
        (HOME_DAYS, "personal = true\n", "", "field heat: sensitive: expected personal = true beside it"),
        (HOME_DAYS, "max = 45", "max = 20", "field heat: min 30: expected at most max, 20"),
        (SUPPLIES, 'quantity = "count"', 'quantity = "weight"', "stock: quantity: no such field 'weight'"),
        (SUPPLIES, 'type = "stock"', 'type = "stock"\nrequired = true', "field left: computed: expected neither required"),
        (SUPPLIES, 'type = "text"', 'type = "choice"', "field item: choices: expected at least one for type choice"),
        (FINDINGS, "[[states]]", "[[states", "is not TOML"),
        (FINDINGS, 'next = ["fixed"]', 'late = "lost"', "state open: late: no such state 'lost'"),
        (FINDINGS, 'next = ["fixed"]', 'due_hours = 2\ndue_since = "what"', "state open: due_since: field what: expected type time, found text"),
        (FINDINGS, "[[states]]", RULE.replace('"what"', '"hole"'), "rule deep: no such field 'hole'"),
        (FINDINGS, "[[states]]", RULE.replace('needs = ["what"]\n', ""), "rule deep: expected start, needs, differ or number"),
        (FINDINGS, "[[states]]", RULE.replace('needs = ["what"]', 'start = "until"'), "rule deep: start: expected end or over_hours beside it"),
        (FINDINGS, "[[states]]", RULE.replace('needs = ["what"]', 'start = "until"\nover_hours = 2'), "rule deep: field until: expected type time"),
        (FINDINGS, "[[states]]", RULE.replace('needs = ["what"]', 'differ = ["what"]'), "rule deep: differ: expected at least two fields"),
        (SUPPLIES, "[stock]", RULE.replace('"what"', '"item"').replace("\n[[states]]", "") + '\nonly = { way = ["up"] }\n[stock]', "rule deep: only: field way: no such choice 'up'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_declaration_is_said_in_one_line(text: str, changed: str, to: str, wrong: str) -> None:
    assert changed in text
    with pytest.raises(RefusedError, match=wrong) as refused:
        read(text.replace(changed, to, 1))
    assert "\n" not in str(refused.value)


def test_a_declaration_of_any_length_is_not_read() -> None:
    with pytest.raises(RefusedError, match=re.escape("at most 64 kB")):
        read("#" * 70_000)
