"""`kakou-hub operation`: from the beginning to the end at the command line, and one line for what cannot be."""

import re

import pytest

from hub.cli import main
from tests.hub.ledgers import table
from tests.hub.towns import Place

Output = pytest.CaptureFixture[str]
DECIDED = ("--organ", "县人民政府", "--number", "令〔2026〕3号", "--scope", "南村镇")
BEGIN = ("start", "--template", "animal_disease", *DECIDED, "--to", "2199-04-01")


def run(place: Place, *arguments: str) -> int:
    return main(["--data", str(place.folder), "operation", *arguments])


def refused(place: Place, capsys: Output, *arguments: str) -> str:
    capsys.readouterr()
    assert run(place, *arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("kakou-hub: ").strip()


def test_an_operation_from_its_beginning_to_its_end(place: Place, capsys: Output) -> None:
    assert run(place, *BEGIN) == 0
    assert capsys.readouterr().out == "operation op-1 recorded and published: running\n"
    assert run(place, "show") == 0
    shown = capsys.readouterr().out
    for part in (
        "动物疫情封锁",
        "state: running",
        "to 2199-04-02T00:00:00+08:00",
        "left: ",
        "organ: 县人民政府",
        "number: 令",
    ):
        assert part in shown
    assert "measures: Temporary stations" in shown, "in the town's language, of the template"
    assert "laws: Animal Epidemic Prevention Law" in shown
    assert run(place, "extend", "--to", "2199-05-01", "--number", "令9号", "--reason", "仍有病例") == 0
    assert run(place, "end", "--reason", "解除", "--number", "令12号") == 0
    capsys.readouterr()
    assert run(place, "show") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[1] for line in lines[-3:]] == ["ended", "extended", "started"]
    assert "state: ended" in lines
    assert run(place, "versions") == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [(row[0], row[4]) for row in rows] == [("3", "signed"), ("2", "signed"), ("1", "signed")]
    assert run(place, "versions", "--text", "1") == 0
    assert 'id = "op-1"' in capsys.readouterr().out


def test_a_decision_is_recorded_for_the_operation_that_goes_on(place: Place, capsys: Output) -> None:
    assert run(place, "show") == 0
    assert "nobody recorded the decision" in capsys.readouterr().err
    assert run(place, "record", *DECIDED, "--measures", "设卡", "--law", "一", "--law", "二") == 0
    (row,) = table(place, "operations")
    assert (row["organ"], row["laws"], row["template"]) == ("县人民政府", "一\n二", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("start", "--template", "locusts", *DECIDED, "--to", "2199-01-01"), "template 'locusts': there is none"),
        ((*BEGIN[:-1], "soon"), "time 'soon': expected a date"),
        ((*BEGIN[:-1], "2020-01-01"), "expected a time after starts"),
        (("start", "--template", "epidemic", *DECIDED[:-1], " ", "--to", "2199-01-01"), "scope: missing; a decision names it"),
        (("record", *DECIDED), "measures: missing"),
        (("extend", "--to", "2199-01-01", "--number", "x", "--reason", "y"), "nobody recorded the decision"),
        (("end", "--reason", " "), "reason: missing"),
        (("versions", "--text", "7"), "version 7: there is none"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line_and_changes_nothing(
    place: Place, capsys: Output, arguments: tuple[str, ...], words: str
) -> None:
    before = (place.folder / "operation.toml").read_bytes()
    assert words in refused(place, capsys, *arguments)
    assert (place.folder / "operation.toml").read_bytes() == before
    assert table(place, "operations") == []


def test_a_hand_edit_is_published_and_kept_as_a_version(place: Place, capsys: Output) -> None:
    assert run(place, *BEGIN) == 0
    file = place.folder / "operation.toml"
    file.write_text(re.sub("^stale_hours = 24", "stale_hours = 12", file.read_text("utf-8"), flags=re.M), "utf-8")
    assert run(place, "publish") == 0
    assert [row["why"] for row in table(place, "rule_versions")] == ["令〔2026〕3号", "operation publish"]
    assert run(place, "publish") == 0
    assert len(table(place, "rule_versions")) == 2, "nothing changed"


def test_no_hand_edit_brings_an_ended_operation_back(place: Place, capsys: Output) -> None:
    assert run(place, *BEGIN) == 0
    assert run(place, "end", "--reason", "解除") == 0
    file = place.folder / "operation.toml"
    file.write_text(
        re.sub('^ends = "[^"]*"', 'ends = "2199-01-01T00:00:00Z"', file.read_text("utf-8"), flags=re.M), "utf-8"
    )
    assert "begin a new one (operation start)" in refused(place, capsys, "publish")
