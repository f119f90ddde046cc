"""The table of failures names tests that exist, at least one for each row."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (Path(__file__).parent / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| ")][
    1:
]


def names(path: Path) -> set[str]:
    """What a test module defines at its top."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    return found | {target.id for node in assigned for target in node.targets if isinstance(target, ast.Name)}


def test_the_table_has_the_twelve_failures() -> None:
    assert len(ROWS) == 12


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_every_failure_is_shown_by_tests_that_exist(row: list[str]) -> None:
    failure, leads_to, shown = row
    assert failure
    assert leads_to
    tests = re.findall(r"`([\w/]+\.py)::(\w+)`", shown)
    assert tests
    for file, name in tests:
        assert name in names(ROOT / file), f"{file}::{name}"
