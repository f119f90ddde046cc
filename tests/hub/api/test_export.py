"""visits.csv by a token, at the address at which browsers get it."""

import csv
import io

from flask import Flask

from hub.accounts.roles import Role
from hub.ledger.projections.columns import VISIT_COLUMNS
from hub.tokens.scopes import Scope
from tests.hub import busy
from tests.hub.api.programs import Program, token
from tests.hub.consoles import Browser
from tests.hub.ledgers import table
from tests.hub.towns import Place


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_token_gets_the_file_with_machine_names(town: Place, county: Program) -> None:
    answer = county.get("/export/visits.csv?gate=east")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    found = rows(answer.text)
    assert list(found[0]) == list(VISIT_COLUMNS)
    assert {row["visit_id"] for row in found} == {
        row["visit_id"] for row in table(town, "visits") if row["gate"] == "east"
    }
    (note,) = [row for row in table(town, "audit") if row["action"] == "visits exported" and row["user"] == "t-1"]
    assert '"gate": "east"' in note["detail"]


def test_the_file_is_masked_as_the_tokens_scopes_have_it(town: Place, app: Flask, county: Program) -> None:
    bus = Program(app, token(town, [Scope.VISITS_READ]))
    assert all("•••" in row["plate"] for row in rows(bus.get("/export/visits.csv").text) if row["plate"])
    assert busy.PERSONAL["phone"] not in county.get("/export/visits.csv").text
    assert busy.PERSONAL["phone"] in county.get("/export/visits.csv?why=x").text


def test_a_browser_gets_its_page_as_before(app: Flask) -> None:
    stranger = Browser(app)
    answer = stranger.client.get("/export/visits.csv", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.location.startswith("/login")) == (302, True)
    officer = Browser(app, Role.OFFICER, language="zh")
    assert "记录编号" in officer.client.get("/export/visits.csv", headers={"Accept": "*/*"}).text
