"""The seven doors of each register: list, search, form, import, export, print, audit. Those that are shipped, and those that are built in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape

import pypdfium2
import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.registers import catalogue
from tests.hub import everything
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import settle
from tests.hub.towns import Place

NOTHING = "ZQZQ"
"""What no row says."""


@dataclass(frozen=True)
class Doors:
    """Where a register's doors are. `row`: finds one row in the list's HTML; `print`: a PDF, or a page with the button that prints."""

    list: str
    form: str
    import_: str
    export: str
    print: str
    audit: str
    row: str
    search: str = "search"


def of_register(id_: str) -> Doors:
    at = f"/registers/{id_}"
    return Doors(
        at,
        f"{at}/new",
        f"{at}/import",
        f"register:{id_}",
        f"{at}/paper.pdf",
        f"registers/{id_}/",
        r'class="row-number"',
    )


BUILT_IN = {
    "orders": Doors("/orders", "/orders", "/orders/import", "orders", "/orders", "orders/", r"/orders/d-\w+"),
    "questions": Doors(
        "/questions", "/questions/new", "/questions/import", "questions", "/questions", "questions/", r"/questions/q-\w+"
    ),
    "runs": Doors("/runs/plans", "/runs/plans/new", "/runs/plans/import", "run_plans", "/runs/plans", "runs/", r"data-row|<tbody>"),
    "staff": Doors(
        "/roster/staff", "/roster/staff/new", "/roster/import/staff", "staff", "/roster/staff", "staff/", r"/roster/staff/s-\d+"
    ),
    "roster": Doors(
        "/roster", "/roster", "/roster/import/roster", "roster", "/roster/print", "roster/", r"data-staff", search="gate"
    ),
}  # fmt: skip
BEFORE = {"needs": "need_requests", "inspections": "inspections"}
"""Pages of their own whose register is one of those that are shipped: they lead to it."""
NAMES = (*sorted(catalogue.shipped()), *BUILT_IN)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    found = settle(tmp_path_factory.mktemp("doors"))
    everything.fill(found, datetime.now(UTC))
    yield found
    found.engine.dispose()


@pytest.fixture(scope="module")
def app(place: Place) -> Iterator[Flask]:
    with console(place, clock=lambda: datetime.now(UTC)) as found:
        yield found


@pytest.fixture(scope="module", params=["zh", "en"])
def admin(app: Flask, request: pytest.FixtureRequest) -> Browser:
    return Browser(app, Role.ADMIN, language=request.param)


def opened(admin: Browser, address: str) -> str:
    answer = admin.open(address)
    assert answer.status_code == 200, address
    return unescape(answer.text)


@pytest.mark.parametrize("name", NAMES)
def test_a_register_has_its_seven_doors(admin: Browser, name: str) -> None:
    doors = BUILT_IN.get(name) or of_register(name)
    page = opened(admin, doors.list)
    # list, and a search that finds nothing
    assert re.search(doors.row, page)
    assert f'name="{doors.search}"' in page
    if doors.search == "search":
        assert not re.search(doors.row, opened(admin, f"{doors.list}?search={NOTHING}"))
    # form and import, which the list leads to
    for door, sign in ((doors.form, r'<form[^>]+method="post"'), (doors.import_, r'type="file"')):
        assert door == doors.list or f'href="{door}' in page, door
        assert re.search(sign, opened(admin, door)), door
    # export: as many rows as there are, under words of the language
    assert f'action="/exports/{doors.export}' in page
    file = admin.send(f"/exports/{doors.export}", {"format": "csv"})
    assert file.mimetype == "text/csv"
    assert len(file.text.splitlines()) > 1
    # print
    if doors.print.endswith(".pdf"):
        assert f'href="{doors.print}' in page
        paper = pypdfium2.PdfDocument(admin.open(doors.print).data)
        words = "".join(sheet.get_textpage().get_text_range() for sheet in paper)
        # a name of a column, as the list has it, stands in the form, too
        heads = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', page)
        assert any(len(each) > 1 and each in words for each in heads)
        assert len(words) > 200
    else:
        assert "data-print" in opened(admin, doors.print) or "print" in doors.print
        assert doors.print == doors.list or f'href="{doors.print}' in page
    # audit: what was done to its rows
    assert "/audit?" in page
    assert doors.audit in opened(admin, f"/audit?object={doors.audit}")


@pytest.mark.parametrize("name", sorted(BEFORE))
def test_a_page_of_open_rows_leads_to_its_register_and_searches_in_it(admin: Browser, name: str) -> None:
    page = opened(admin, f"/{name}")
    assert f'href="/registers/{BEFORE[name]}"' in page
    assert re.search(rf'action="/registers/{BEFORE[name]}"[^>]*role="search"', page)
