"""A question from above is noted, assigned, answered in versions, closed; overdue it is an alert."""

from datetime import timedelta

import pytest

from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.errors import HubError
from hub.questions import store
from hub.questions.overdue import overdue_questions
from hub.questions.store import Asked, Kind, New, Question, State
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

HOUR = timedelta(hours=1)


def noted(
    place: Place, text: str = "今日卡口登记多少辆？", *, asked: timedelta = -HOUR, due: timedelta = HOUR, **more: str
) -> str:
    values = {"asked_by": "县指挥部", "document": "〔2026〕12号", **more}
    new = New(Kind.QUESTION, values["asked_by"], values["document"], text, NOW + asked, NOW + due)
    with place.engine.begin() as connection:
        return store.note(connection, town="demo", new=new, by="u-3", now=NOW)


def assigned(place: Place, id_: str, to: str = "u-3") -> None:
    with place.engine.begin() as connection:
        store.assign(connection, town="demo", id_=id_, to=to, by="u-4", now=NOW)


def answered(place: Place, id_: str, text: str = "共 312 辆。", *, after: int = 0, at: timedelta = timedelta(0)) -> int:
    with place.engine.begin() as connection:
        return store.answer(connection, town="demo", id_=id_, text=text, after=after, by="u-3", now=NOW + at)


def closed(place: Place, id_: str, note: str = "") -> None:
    with place.engine.begin() as connection:
        store.close(connection, town="demo", id_=id_, note=note, by="u-4", now=NOW)


def found(place: Place, id_: str) -> Question:
    with place.engine.begin() as connection:
        question = store.find(connection, "demo", id_)
    assert question is not None
    return question


def test_it_goes_from_asked_to_closed_and_each_step_is_audited(place: Place) -> None:
    id_ = noted(place)
    assert found(place, id_).state(NOW) is State.OPEN
    assigned(place, id_)
    assert found(place, id_).state(NOW) is State.ASSIGNED
    assert answered(place, id_) == 1
    assert answered(place, id_, "更正：共 313 辆。", after=1) == 2
    question = found(place, id_)
    assert (question.state(NOW), question.late) == (State.ANSWERED, False)
    assert [each.text for each in question.answers] == ["共 312 辆。", "更正：共 313 辆。"]
    closed(place, id_)
    assert found(place, id_).state(NOW) is State.CLOSED
    audited = [row["action"] for row in table(place, "audit") if row["object"] == f"questions/{id_}"]
    assert audited == [
        "question noted", "question assigned", "question answered", "question answered", "question closed",
    ]  # fmt: skip


def test_overdue_it_is_an_alert_until_the_first_answer(place: Place) -> None:
    id_ = noted(place)
    assert _alerts(place, timedelta(minutes=59)) == []
    assert _alerts(place, HOUR) == [id_]
    assert found(place, id_).state(NOW + HOUR) is State.OVERDUE
    answered(place, id_, at=2 * HOUR)
    assert found(place, id_).late
    assert _alerts(place, 3 * HOUR) == []


def _alerts(place: Place, after: timedelta) -> list[str]:
    with place.engine.begin() as connection:
        states = list(overdue_questions(connection, "demo", NOW + after))
        alerts.standing(connection, "demo", (AlertKind.QUESTION_OVERDUE,), states, NOW + after)
    return [row["subject"] for row in table(place, "alerts") if row["ended_at"] is None]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"text": " "}, "question: expected 1 to 2000 characters"),
        ({"asked_by": ""}, "asked by: expected 1 to 100 characters"),
        ({"document": "x" * 101}, "document: expected at most 100 characters"),
        ({"due": -HOUR}, "due: expected a time after the one at which it was asked"),
    ],
)
def test_what_cannot_be_noted_is_one_line_and_changes_nothing(place: Place, wrong: dict[str, object], why: str) -> None:
    with pytest.raises(HubError, match=f"^{why}$"):
        noted(place, **wrong)  # type: ignore[arg-type]  # any argument
    assert table(place, "questions") == []


def test_acts_that_come_too_late_or_name_nobody_are_one_line(place: Place) -> None:
    id_ = noted(place)
    with pytest.raises(HubError, match="there is no such user"):
        assigned(place, id_, "u-99")
    answered(place, id_)
    with pytest.raises(HubError, match="answer 1 came meanwhile, read it first"):
        answered(place, id_, "unseen")
    with pytest.raises(HubError, match="no such question"):
        closed(place, "q-0")
    other = noted(place)
    with pytest.raises(HubError, match="why it is closed without an answer"):
        closed(place, other)
    closed(place, other, "来文撤销")
    for act in (lambda: answered(place, other), lambda: assigned(place, other), lambda: closed(place, other, "x")):
        with pytest.raises(HubError, match="it is closed"):
            act()


def test_questions_are_found_by_words_state_person_and_time(place: Place) -> None:
    first = noted(place, "上报隔离户数", asked=-2 * HOUR)
    second = noted(place)
    assigned(place, second)
    answered(place, first, "共 7 户")
    for asked, expected in (
        (Asked(), [second, first]),
        (Asked(search="7 户"), [first]),
        (Asked(search="县指挥部"), [second, first]),
        (Asked(state="answered"), [first]),
        (Asked(state="assigned"), [second]),
        (Asked(who="u-3"), [second]),
        (Asked(end="2026-03-01T03:00:00.000Z"), [first]),
    ):
        with place.engine.begin() as connection:
            rows, more = store.page(connection, "demo", asked, NOW, limit=5)
        assert ([each.id for each in rows], more) == (expected, None), asked
