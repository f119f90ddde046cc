"""The templates of operations: each holds as it stands, names its law, its measures and its registers, in both languages."""

import re

import pytest

from edge.contract.policy import MOST_EXTRA_FIELDS, FieldMask
from hub.errors import RefusedError
from hub.registers import catalogue
from hub.town.default_operation import TEMPLATES, OperationChoices, default_text, template_named
from hub.town.operation import Rules

STARTS = "2026-03-01T00:00:00.000Z"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_holds_and_its_policy_gives_its_rules_back(name: str) -> None:
    rules = Rules.of_text(default_text(STARTS, template=name))
    assert Rules.of(rules.policy({}, [])) == rules
    assert rules.class_named("emergency") is not None, "an emergency vehicle goes at once in every operation"
    assert rules.class_named("emergency").emergency  # type: ignore[union-attr]
    assert len(rules.fields) <= MOST_EXTRA_FIELDS


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_says_law_measures_and_registers(name: str) -> None:
    template = template_named(name)
    for each in (template.name, template.about, template.measures, *template.laws):
        assert re.search(r"[\u4e00-\u9fff]", each.zh)
        assert each.en.isascii()
    assert all(re.fullmatch(r"[a-z0-9_-]{1,32}", each) for each in template.registers)
    assert "handovers" in template.registers
    assert not set(template.registers) - set(catalogue.shipped()), "each comes with the product"


def test_the_fields_that_its_law_asks_for_are_asked() -> None:
    asked = {name: Rules.of_text(default_text(STARTS, template=name)) for name in TEMPLATES}
    fields = {name: {each.zh for each in rules.fields} for name, rules in asked.items()}
    assert {"检疫证明号", "货主", "种类", "数量", "承运人"} <= fields["animal_disease"]
    assert {"电子运单号", "UN号", "押运员", "押运员资格证"} <= fields["chemical_park"]
    assert {"承诺无火源", "火种"} <= fields["forest_fire"]
    assert not fields["epidemic"]
    park = asked["chemical_park"].class_named("hazmat")
    assert park is not None
    assert park.transit_minutes == 360
    assert "purpose" in asked["forest_fire"].asked


def test_what_names_a_person_is_masked() -> None:
    masks = {
        each.id: each.mask for name in TEMPLATES for each in Rules.of_text(default_text(STARTS, template=name)).fields
    }
    for field in ("x_owner", "x_carrier", "x_escort"):
        assert masks[field] is FieldMask.NAME
    assert masks["x_escort_licence"] is FieldMask.CODE


def test_the_choices_stand_in_the_text() -> None:
    text = default_text(
        STARTS, OperationChoices(zh="一", ends="2026-04-01T00:00:00Z"), template="forest_fire", id_="op-7"
    )
    rules = Rules.of_text(text)
    assert (rules.id, rules.zh, rules.ends) == ("op-7", "一", "2026-04-01T00:00:00.000Z")
    assert rules.en == "Forest fire checkpoint"
    assert "[template]" not in text


def test_a_template_that_there_is_none_of_is_refused_by_name() -> None:
    with pytest.raises(RefusedError, match="template 'locusts': there is none, expected one of epidemic, "):
        default_text(STARTS, template="locusts")
