"""Questions from above, from a list: noted once, assigned where somebody is named."""

import pytest

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, console, text_of
from tests.hub.imports.pages import look, take
from tests.hub.ledgers import table
from tests.hub.towns import Place

PAGE = "/questions/import"
HEAD = "类型,来文单位,文号,事项,提出时间,时限,承办人\n"
GOOD = "汇报,县指挥部,〔2026〕12号,今日登记多少辆？,2026/3/1 12:00,2026年3月1日14时00分,officer\n"


def test_questions_are_noted_once_and_assigned(place: Place) -> None:
    lines = HEAD + GOOD + ",省厅,,消毒液还有多少？,2026-03-01 12:00,2026-03-01 18:00,\n"
    with console(place) as app:
        officer = Browser(app, Role.OFFICER)
        assert "2 new, 0 known already" in look(officer, PAGE, lines)[1]
        assert table(place, "questions") == []
        assert "消毒液还有多少？" in take(officer, PAGE, lines)
        assert "0 new, 2 known already" in look(officer, PAGE, lines)[1]
        exported = officer.send("/exports/questions", {"format": "csv", "header": "zh"}, page=PAGE)
        assert exported.status_code == 200
        again = look(officer, PAGE, exported.text)
        assert "0 new, 2 known already" in again[1], "the exported list comes back without a new row"
        assert "Imported questions and reports" in text_of(Browser(app, Role.ADMIN).open("/audit"))
    found = {each["asked_by"]: each for each in table(place, "questions")}
    first, second = found["县指挥部"], found["省厅"]
    assert (first["kind"], first["asked_at"], first["due_at"]) == (
        "report",
        "2026-03-01T04:00:00.000Z",
        "2026-03-01T06:00:00.000Z",
    )
    assert first["assigned_to"] == place.users[Role.OFFICER]
    assert (second["kind"], second["assigned_to"]) == ("question", None)


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("传闻,县,,问,2026-03-01 12:00,2026-03-01 14:00,\n", "kind '传闻': expected question or report"),
        (",,,问,2026-03-01 12:00,2026-03-01 14:00,\n", "asked by: expected 1 to 100 characters"),
        (",县,,,2026-03-01 12:00,2026-03-01 14:00,\n", "question: expected 1 to 2000 characters"),
        (",县,,问,2026-03-01 12:00,2026-03-01 11:00,\n", "expected a time after"),
        (",县,,问,2026-03-01,2026-03-01 14:00,\n", "time '2026-03-01': expected such as"),
        (",县,,问,2026-03-01 12:00,2026-03-01 14:00,nobody\n", "user nobody: there is no such user"),
        (",县,,问,2026-03-01 12:00,2026-03-01 14:00,viewer\n", "user viewer: there is no such user"),
        (GOOD, "this question stands in this list twice"),
    ],
)
def test_a_bad_row_is_one_line_and_nothing_is_noted(place: Place, row: str, line: str) -> None:
    with console(place) as app:
        status, words, kept = look(Browser(app, Role.OFFICER), PAGE, HEAD + GOOD + row)
    assert (status, kept) == (400, "")
    assert line in words
    assert table(place, "questions") == []
