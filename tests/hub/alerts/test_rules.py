"""The table of alerts: each kind has its row, its words, and an end that something can bring about."""

import pytest

from edge.contract.alarms import ALARMS, PASSAGES
from hub.alerts import rules
from hub.alerts.kinds import AlertKind
from hub.alerts.raising.of_gates import OF_GATES
from hub.alerts.raising.of_hub import OF_HUB
from hub.alerts.raising.of_registers import OF_REGISTERS
from hub.alerts.raising.of_roster import OF_ROSTER
from hub.alerts.rules import RULES, Ends, Severity, Source
from hub.conflicts.rules import What
from hub.console.alert_words import ALERTS, ALERTS_SAY


def test_every_kind_has_a_rule_a_title_and_advice() -> None:
    assert set(RULES) == set(AlertKind)
    assert ALERTS.keys() == ALERTS_SAY.keys() == {kind.value for kind in AlertKind}


def test_every_alarm_of_a_gate_raises_a_kind_of_its_own_and_one_of_a_newer_gate_is_not_lost() -> None:
    assert all(rules.of_alarm(code) is not AlertKind.GATE_ALARM for code in ALARMS)
    assert rules.of_alarm("earthquake") is AlertKind.GATE_ALARM


def test_every_conflict_raises_an_alert() -> None:
    assert {rules.of_conflict(what.value) for what in What} == {
        AlertKind.TWICE, AlertKind.CLONED, AlertKind.REVOKED, AlertKind.OVERSTAY, AlertKind.WATCHED,
    }  # fmt: skip
    assert rules.of_conflict("something newer") is None


def test_what_is_looked_for_is_what_the_table_says() -> None:
    assert {kind for kind, rule in RULES.items() if rule.source is Source.STATE} == {
        *OF_GATES,
        *OF_HUB,
        *OF_ROSTER,
        *OF_REGISTERS,
    }
    assert all((rule.ends is Ends.GONE) == (rule.source is Source.STATE) for rule in RULES.values())


def test_a_passage_does_not_end_with_the_lane_free_again() -> None:
    assert all(RULES[rules.of_alarm(code)].ends is Ends.NEVER for code in PASSAGES)


def test_only_what_is_bad_is_heard_again_and_again() -> None:
    assert all(rule.repeats for rule in RULES.values() if rule.severity is Severity.CRITICAL)
    assert not any(rule.repeats for rule in RULES.values() if rule.severity is Severity.NOTICE)


@pytest.mark.parametrize("kind", ["help", "earthquake"])
def test_a_kind_of_a_newer_version_is_serious(kind: str) -> None:
    assert rules.rule_of(kind).severity is (Severity.CRITICAL if kind == "help" else Severity.SERIOUS)
