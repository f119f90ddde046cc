"""`register`: a register is added from a file, filled from a list, exported; bad input is one line."""

from pathlib import Path

import pytest

from hub.cli import main
from tests.hub.ledgers import table
from tests.hub.registers.declared import FINDINGS, HOUSEHOLDS
from tests.hub.towns import Place


def run(place: Place, *words: object) -> int:
    return main(["--data", str(place.folder), "register", *(str(each) for each in words)])


def test_a_register_is_added_filled_and_exported(
    place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    declared, listed = tmp_path / "homes.toml", tmp_path / "homes.csv"
    declared.write_text(HOUSEHOLDS, encoding="utf-8")
    listed.write_text("门牌,户主,颜色\n南村镇1号,王小明,红\n", encoding="utf-8")
    assert run(place, "add", declared) == 0
    assert run(place, "import", "homes", listed, "--dry-run") == 1
    assert "columns that nobody reads: 颜色" in capfd.readouterr().err
    assert run(place, "import", "homes", listed, "--ignore", "颜色") == 0
    assert len(table(place, "register_rows")) == 1
    assert run(place, "list") == 0
    assert "1 rows" in capfd.readouterr().out
    assert run(place, "export", "homes", "--header", "zh") == 0
    out = capfd.readouterr().out
    assert "王小明" in out
    assert "南村镇1号" not in out
    assert run(place, "export", "homes", "--unmask", "--reason", "handing over", "--out", tmp_path / "x.csv") == 0
    assert "南村镇1号" in (tmp_path / "x.csv").read_text("utf-8")
    assert run(place, "show", "homes") == 0
    assert capfd.readouterr().out == HOUSEHOLDS


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("add",), "expected FILE or --template ID"),
        (("add", "--template", "nothing"), "none of those that are shipped"),
        (("show", "nothing"), "there is no such register"),
        (("export", "nothing"), "there is no such register"),
        (("export", "nothing", "--unmask"), "expected together with --reason"),
    ],
)
def test_bad_input_is_one_line(
    place: Place, words: tuple[str, ...], line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(place, *words) == 1
    said = capfd.readouterr().err
    assert line in said
    assert said.count("\n") == 1


def test_a_fault_of_a_declaration_is_one_line(place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    declared = tmp_path / "x.toml"
    declared.write_text(FINDINGS.replace('"text"', '"texts"'), encoding="utf-8")
    assert run(place, "add", declared) == 1
    assert "fields.1.type" in capfd.readouterr().err
