"""Questions in the browser: noted, assigned, answered, closed; found again, printed, exported."""

import pytest

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.towns import Place

FORM = {
    "kind": "question", "asked_by": "县指挥部", "document": "〔2026〕12号", "text": "今日卡口登记多少辆？",
    "asked_at": "2026-03-01T12:00", "due_at": "2026-03-01T14:00", "to": "",
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_question_is_taken_from_noted_to_closed(place: Place, language: str) -> None:
    with console(place) as app:
        officer, boss = Browser(app, Role.OFFICER, language), Browser(app, Role.SUPERVISOR, language)
        answer = officer.send("/questions", {**FORM, "to": place.users[Role.OFFICER]}, page="/questions/new")
        assert answer.status_code == 302
        page = answer.location
        assert {"en": "Assigned", "zh": "已分派"}[language] in text_of(officer.open(page))
        officer.send(f"{page}/answer", {"text": "共 312 辆。", "after": "0"}, page=page)
        officer.send(f"{page}/answer", {"text": "共 313 辆。", "after": "1"}, page=page)
        assert officer.send(f"{page}/close", {"note": ""}, page=page).status_code == 403
        boss.send(f"{page}/close", {"note": ""}, page=page)
        shown = text_of(officer.open(page))
        for words in ("共 312 辆。", "共 313 辆。", {"en": "this one stands", "zh": "以此为准"}[language]):
            assert words in shown
        assert {"en": "Closed", "zh": "已办结"}[language] in text_of(officer.open("/questions"))
        assert Browser(app, Role.VIEWER).open("/questions").status_code == 403


def test_the_list_is_searched(place: Place) -> None:
    with console(place) as app:
        officer = Browser(app, Role.OFFICER)
        officer.send("/questions", FORM, page="/questions/new")
        assert "今日卡口" in text_of(
            officer.open("/questions?search=卡口&state=open&since=2026-03-01&until=2026-03-01")
        )
        assert "No question is like that." in text_of(officer.open("/questions?state=closed"))
        assert officer.open("/questions?state=nowhere").status_code == 400
        assert officer.open("/questions/q-0").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"text": ""}, "Write what is asked."),
        ({"asked_by": " "}, "Say which office asks."),
        ({"due_at": "2026-03-01T11:00"}, "Give a time after the one at which it was asked."),
        ({"due_at": "soon"}, "Not a valid"),
        ({"to": "u-99"}, "Not a valid choice"),
    ],
)
def test_a_form_that_is_wrong_says_where_and_notes_nothing(place: Place, wrong: dict[str, str], why: str) -> None:
    with console(place) as app:
        answer = Browser(app, Role.OFFICER).send("/questions", {**FORM, **wrong}, page="/questions/new")
    assert answer.status_code == 400
    assert why.lower() in text_of(answer).lower()
    assert table(place, "questions") == []
