"""`kakou-hub doctor`: the table, the JSON, the exit code; also while the hub is down."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.cli import main
from hub.commands import health
from hub.health.checks import CHECKS
from tests.hub import busy
from tests.hub.accounts.test_audit_chain import cut
from tests.hub.towns import Place


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    found = busy.settle_busy(tmp_path)
    yield found
    found.engine.dispose()


def run(place: Place, *words: str) -> int:
    return main(["--data", str(place.folder), "doctor", *words])


def test_a_hub_that_is_down_is_said_and_everything_else_is_looked_at(
    town: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(town) == 1
    said = capsys.readouterr().out
    assert "FAULT Console" in said
    assert "the hub does not run" in said
    assert "-> Start the hub: systemctl start kakou-web, or kakou-hub serve." in said
    for each in CHECKS:
        assert str(each.title) in said
    assert said.splitlines()[-1].endswith(" FAULT")


def test_machines_get_json(town: Place, capsys: pytest.CaptureFixture[str]) -> None:
    cut(town)
    assert run(town, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["state"] == "fault"
    checks = {each["check"]: each for each in found["checks"]}
    assert checks.keys() == {each.name for each in CHECKS}
    assert checks["audit"]["state"] == "fault"
    assert checks["audit"]["findings"][0]["do"].startswith("Rows were changed or cut off")
    assert {each["of"] for each in checks["gate"]["findings"]} >= {"east", "west"}


def test_without_a_fault_the_exit_code_is_0(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "examine", lambda _look: [])
    monkeypatch.setattr(health, "_lines", lambda _results, _zone: [])
    assert run(place) == 0


def test_the_database_of_an_older_version_is_said_with_what_to_do(
    town: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    with town.engine.begin() as connection:
        for table in ("visit_sums", "audit_heads"):
            connection.execute(text(f"DROP TABLE {table}"))
    assert run(town) == 1
    said = capsys.readouterr().out
    assert "the database has other tables than this version" in said
    assert "-> An older version made it: start this version's listener" in said
    assert "restore a backup" not in said
    assert main(["--data", str(town.folder), "rebuild"]) == 1
    assert capsys.readouterr().err == (
        "kakou-hub: database: no such table: visit_sums: an older version of Kakou made it; start this version's listener "
        "(systemctl start kakou-listener, or kakou-hub serve), which brings it up to date\n"
    )


def test_no_town_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "doctor"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_verify_proves_the_audit_as_well(town: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(town.folder), "verify"]) == 0
    assert "rows of the audit hold" in capsys.readouterr().out
    cut(town)
    assert main(["--data", str(town.folder), "verify"]) == 1
    assert "audit: the head" in capsys.readouterr().err
