"""The fields that an operation declares: kept with commitments, masked on a visit's page, exported as a list of their own, corrected."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask

from edge.contract.policy import ExtraField, FieldMask
from hub.accounts import store as accounts
from hub.accounts.privacy import MASK, mask_code, mask_field
from hub.accounts.roles import Role
from hub.console.speaking import speaking
from hub.downlink.signed_lists import readable_policy
from hub.exports import lists
from hub.exports.kinds import Reader, declared
from hub.exports.writer import Listing
from hub.operations import life
from hub.visits import extra_fields
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import check, send, settle, table
from tests.hub.operations.test_life import MADE
from tests.hub.towns import NOW, Place

CERTIFICATE, OWNER = "370212345678", "王建国"
ASKED = {"x_certificate": CERTIFICATE, "x_owner": OWNER, "x_species": "生猪", "x_quantity": "120"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    town = settle(tmp_path)
    with town.engine.begin() as connection:
        life.start(town.town, connection, MADE, by="cli", now=NOW)
    yield town
    town.engine.dispose()


@pytest.fixture
def visit(place: Place) -> str:
    gate = place.gates["east"]
    found = gate.visit("鲁B12345", NOW, vehicle_class="livestock", read_by="hand", reason="no_pass", private=ASKED)
    gate.visit("鲁B54321", NOW + timedelta(minutes=5))
    send(place, gate)
    return found


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place, lambda: NOW + timedelta(minutes=10)) as made:
        yield made


def test_the_values_are_in_the_ledger_under_commitments_and_verify_holds(place: Place, visit: str) -> None:
    entry = next(row for row in table(place, "entries") if row["visit"] == visit and row["kind"] == "visit_opened")
    assert CERTIFICATE not in entry["raw"]
    assert '"x_certificate":"' in entry["raw"], "its commitment"
    assert CERTIFICATE in entry["private"]
    check(place)


def test_a_record_with_a_field_that_is_none_of_an_operations_stands_in_the_quarantine(place: Place) -> None:
    gate = place.gates["west"]
    gate.visit("鲁B12345", NOW, private={"shoe_size": "43"})
    send(place, gate)
    assert "shoe_size" in table(place, "quarantine")[0]["why"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OFFICER, Role.ADMIN])
def test_the_page_of_a_visit_shows_them_as_masked_as_the_operation_says(app: Flask, visit: str, role: Role) -> None:
    text = text_of(Browser(app, role).open(f"/visits/{visit}"))
    for shown in ("Quarantine certificate no.", f"37{MASK}78", f"王{MASK}", "Species or product", "生猪", "120"):
        assert shown in text
    assert CERTIFICATE not in text
    assert OWNER not in text
    assert "检疫证明号" in text_of(Browser(app, role, "zh").open(f"/visits/{visit}"))


def test_a_supervisor_sees_them_whole_for_a_reason(app: Flask, visit: str) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    page = browser.send(f"/visits/{visit}/unmask", {"why": "inspection"}, page=f"/visits/{visit}")
    assert OWNER in text_of(page)


def test_a_declared_field_is_corrected_as_the_others_are(place: Place, app: Flask, visit: str) -> None:
    browser = Browser(app, Role.OFFICER)
    page = f"/visits/{visit}"
    form = {"field": "x_quantity", "value": "118", "reason": "counted again"}
    assert browser.send(f"{page}/correct", form, page=page).status_code == 302
    text = text_of(browser.open(page))
    assert "118" in text
    check(place)
    refused = browser.send(f"{page}/correct", {**form, "field": "x_shoe_size"}, page=page)
    assert refused.status_code == 400


def exported(place: Place, role: Role | None, header: str = "en") -> list[dict[str, str]]:
    with place.engine.connect() as connection, speaking("zh" if header == "zh" else "en"):
        policy = readable_policy(connection, "demo")
        kind = lists.known("visit_fields")
        manner = lists.manner(
            kind, zone=place.town.settings.zone, header=header, role=role, policy=policy, names=accounts.names(connection)  # type: ignore[arg-type]
        )  # fmt: skip
        question = kind.ask({}, Reader("demo", NOW, fields=declared(policy)))
        text = "".join(each for _, each in Listing(kind, question, manner).csv(connection))
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


def test_they_are_exported_as_a_list_with_a_column_for_each_field(place: Place, visit: str) -> None:
    (row,) = exported(place, Role.ADMIN, "machine")
    assert (row["visit_id"], row["gate"]) == (visit, "east")
    assert (row["x_certificate"], row["x_owner"], row["x_species"]) == (f"37{MASK}78", f"王{MASK}", "生猪")
    assert row["x_carrier"] == ""
    (whole,) = exported(place, None, "zh")
    assert (whole["检疫证明号"], whole["货主"]) == (CERTIFICATE, OWNER)
    columns = ["visit_id", "gate", "kind", "received_at", "entry_seq"]
    assert list(row)[:5] == columns


def test_the_columns_of_the_ledgers_own_list_stay_as_they_are(place: Place, visit: str) -> None:
    kind = lists.known("visits")
    names = [column.name for column in kind.ask({}, Reader("demo", NOW)).columns]
    assert len(names) == 37
    assert not [name for name in names if name.startswith("x_")]


def test_a_field_that_the_present_operation_does_not_know_is_shown_to_nobody_masked() -> None:
    assert extra_fields.shown(None, {"x_old": "secret"}, masked=True) == [("x_old", "x_old", "x_old", MASK)]
    assert extra_fields.shown(None, {"x_old": "seen"}, masked=False)[0][3] == "seen"


@pytest.mark.parametrize("private", ["", "[]", "nothing", '{"x_a": 1}', '{"x_a": ["salt"]}', '{"plate": ["s", "鲁B"]}'])
def test_what_holds_no_declared_field_gives_none(private: str) -> None:
    assert extra_fields.values_of([private]) == {}


def test_a_later_value_counts_and_an_empty_one_is_none() -> None:
    said = ['{"x_a": ["s", "1"], "x_b": ["s", "2"]}', '{"x_a": ["s", "3"]}', '{"x_b": ["s", ""]}']
    assert extra_fields.values_of(said) == {"x_a": "3"}


@pytest.mark.parametrize(
    ("mask", "text", "shown"),
    [
        ("none", "120", "120"), ("name", "王建国", f"王{MASK}"), ("phone", "13812345678", f"138{MASK}78"),
        ("place", "平度市南村镇", f"平度{MASK}"), ("code", CERTIFICATE, f"37{MASK}78"), ("code", "12345", MASK),
    ],
)  # fmt: skip
def test_each_mask_shows_as_much_as_its_name_says(mask: str, text: str, shown: str) -> None:
    field = ExtraField(id="x_a", zh="一", en="one", mask=FieldMask(mask))
    assert extra_fields.shown(None, {}, masked=True) == []
    assert mask_field(field.mask, text) == shown
    assert mask_code("123456") == f"12{MASK}56"
