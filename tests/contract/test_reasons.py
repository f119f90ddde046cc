import pytest

from edge.contract.reasons import (
    VERDICT_WORDS,
    VERDICTS,
    WORDS,
    Direction,
    Reason,
    Verdict,
    verdict_of,
)


def test_every_reason_has_a_verdict_and_words_in_both_languages() -> None:
    assert VERDICTS.keys() == WORDS.keys() == set(Reason)
    assert VERDICT_WORDS.keys() == set(Verdict)
    for words in WORDS.values():
        assert all((words.zh, words.en, words.do_zh, words.do_en))


@pytest.mark.parametrize("direction", Direction)
def test_only_red_stops(direction: Direction) -> None:
    go = {Reason.OK, Reason.EXIT_OK, Reason.PRIORITY, Reason.EMERGENCY}
    for reason, verdicts in VERDICTS.items():
        verdict = verdicts[direction is Direction.OUT]
        if verdict is not None:
            assert (verdict is Verdict.GO) == (reason in go)
            assert verdict_of(reason, direction) is verdict


def test_a_valid_vehicle_may_always_leave() -> None:
    assert verdict_of(Reason.EXIT_OK, Direction.OUT) is Verdict.GO
    for reason in (Reason.EXPIRED, Reason.NOT_YET_VALID, Reason.WRONG_GATE, Reason.WRONG_CLASS):
        with pytest.raises(ValueError, match="cannot arise"):
            verdict_of(reason, Direction.OUT)


def test_a_soft_anti_passback_only_asks_for_a_look() -> None:
    assert verdict_of(Reason.ALREADY_INSIDE, Direction.IN) is Verdict.STOP
    assert verdict_of(Reason.ALREADY_INSIDE, Direction.IN, soft=True) is Verdict.LOOK
    assert verdict_of(Reason.REVOKED, Direction.IN, soft=True) is Verdict.STOP
