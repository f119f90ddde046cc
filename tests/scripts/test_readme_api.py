"""README's chapter for other programs: its example runs as it stands, and its table is what the API's document says."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.hub import busy
from tests.hub.api.programs import Program, served, token
from tests.hub.consoles import console
from tests.hub.ledgers import meddle, table
from tests.scripts.test_readme import README, quoted
from tests.scripts.test_readme import table as rows_of

EXAMPLE = next(block for block in re.findall(r"~~~python\n(.*?)~~~", README, re.DOTALL) if "def follow" in block)
SCOPE = re.compile(r"Scope: `([^`]+)`")
BRACES = str.maketrans("{}", "<>")


def test_the_example_is_about_thirty_lines() -> None:
    assert len([line for line in EXAMPLE.splitlines() if line.strip()]) <= 36


def test_the_example_follows_a_ledger_and_says_where_a_chain_breaks(tmp_path: Path) -> None:
    place = busy.settle_busy(tmp_path)
    program, file = tmp_path / "follow.py", tmp_path / "ledger.jsonl"
    program.write_text(EXAMPLE, encoding="utf-8")
    with served(place) as (hub, text):
        command = [sys.executable, str(program), f"http://127.0.0.1:{hub.port}", text, str(file)]

        def run() -> subprocess.CompletedProcess[str]:
            return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

        entries = table(place, "entries")
        assert run().stdout == f"{len(entries)} new entries\n"
        assert run().stdout == "0 new entries\n"
        assert [json.loads(line)["id"] for line in file.read_text().splitlines()] == [row["id"] for row in entries]
        file.unlink()
        meddle(
            place, "UPDATE entries SET raw = replace(raw, 'passed', 'detained') WHERE id = :id", id=entries[-1]["id"]
        )
        meddle(place, "UPDATE entries SET raw = raw || ' ' WHERE id = 100")
        broken = run()
        assert (broken.returncode, broken.stderr) == (1, "entry 100: the chain breaks here\n")
    place.engine.dispose()


def test_the_table_of_addresses_is_the_documents(tmp_path: Path) -> None:
    place = busy.settle_busy(tmp_path)
    with console(place) as app:
        paths = Program(app, token(place)).get("/api/openapi.json").json["paths"]
    place.engine.dispose()
    described = {
        (f"{method.upper()} {path.translate(BRACES)}", SCOPE.findall(operation["description"])[-1])
        for path, item in paths.items()
        for method, operation in item.items()
    }
    assert {(quoted(address)[0], quoted(scope)[0]) for address, scope, _ in rows_of("| address | scope |")} == described
