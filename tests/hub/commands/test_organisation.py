"""`organisation list | import` on the command line."""

from pathlib import Path

import pytest

from hub.cli import main
from tests.hub.organisation.test_importing import BY_LEVEL
from tests.hub.towns import Place


def run(place: Place, *words: str) -> int:
    return main(["--data", str(place.folder), "organisation", *words])


def test_a_list_is_imported_and_listed_as_a_tree(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "units.csv"
    file.write_text(BY_LEVEL, encoding="utf-8")
    assert run(place, "import", str(file), "--look") == 0
    assert capsys.readouterr().out == "7 units would be added, 0 are there already\n"
    assert run(place, "import", str(file)) == 0
    assert run(place, "list") == 0
    shown = capsys.readouterr().out
    assert "\n    李家村  " in shown
    assert run(place, "list", "--unit", "nowhere") != 0
    assert "unit 'nowhere': there is no such unit" in capsys.readouterr().err


def test_a_wrong_list_is_one_line(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "units.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    assert run(place, "import", str(file)) != 0
    assert capsys.readouterr().err.count("\n") == 1
    assert run(place, "import", str(tmp_path / "none.csv")) != 0
    assert "No such file" in capsys.readouterr().err
