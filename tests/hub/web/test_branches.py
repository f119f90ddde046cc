"""Two villages that have everything alike: an account of one of them is led through every address, and reads nothing of the other's."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple
from zipfile import ZipFile

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from hub.accounts.roles import Role
from hub.accounts.store import find_login
from hub.console.sealed import seal
from hub.exports.lists import LISTS
from hub.exports.register_lists import PREFIX
from hub.organisation import changes
from hub.registers import catalogue
from hub.registers.declaration import read
from tests.hub.branches import MINE, OTHERS, Village, fill
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import settle, table
from tests.hub.towns import NOW, Place
from tests.hub.web.test_roles import EXPECTED

SKIPPED = ("/stream", "/logout", "/shift/next-officer")
LIMITED = (Role.VIEWER, Role.OFFICER, Role.SUPERVISOR)


class Town(NamedTuple):
    """The town, with the village of the accounts and the other one."""

    place: Place
    mine: Village
    others: Village


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    place = settle(tmp_path_factory.mktemp("branches"))
    mine, others = fill(place)
    with place.engine.begin() as connection:
        for role in LIMITED:
            user = find_login(connection, role.value)
            assert user is not None
            changes.put_user(connection, town="demo", user=user.id, unit="wangjia", confined=True, by="u-5", now=NOW)
    yield Town(place, mine, others)
    place.engine.dispose()


@pytest.fixture
def app(town: Town) -> Iterator[Flask]:
    with console(town.place) as app:
        app.config["WTF_CSRF_ENABLED"] = False
        yield app


def secrets(town: Town) -> list[str]:
    """What only the other village has."""
    return [
        OTHERS, "99999", "13599990000", "1999999999", "help at west", "secret reason", "西门", "李家村",
        town.others.ids["visit_id"],
    ]  # fmt: skip


def known(app: Flask, of: Village, register: str) -> dict[str, str]:
    """What addresses name of a village, with a row of one register."""
    row = of.rows[register]
    with app.test_request_context():
        return {
            **of.ids,
            "register_id": register,
            "row_id": str(row.id),
            "need_id": str(of.rows["need_requests"].id),
            "finding_id": str(of.rows["inspections"].id),
            "person_id": str(of.rows["persons"].id),
            "vehicle": seal("plate", of.plate),
            "asked": seal("search", of.plate[1:-1]),
            "unit_id": of.unit,
            "day": "2026-03-01",
            "kind": "staff",
            "list_name": f"{PREFIX}{register}",
            "filename": "kakou.css",
        }


def addresses(app: Flask, of: Village, method: str, role: Role) -> Iterator[str]:
    """Every address of the table of roles with a village's ids in it; those of rows once for each register."""
    for each, address in EXPECTED:
        if each != method or address in SKIPPED or EXPECTED[each, address][role] != "yes":
            continue
        registers = list(of.rows) if "<register_id>" in address else ["persons"]
        for register in registers:
            with_ids = known(app, of, register)
            yield re.sub(r"<(?:\w+:)?(\w+)>", lambda found, ids=with_ids: ids.get(found[1], "0"), address)  # type: ignore[misc]


def text(answer: TestResponse) -> str:
    """What an answer says: of a workbook the text of its parts."""
    if (answer.mimetype or "").endswith("spreadsheetml.sheet"):
        with ZipFile(BytesIO(answer.data)) as book:
            return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return answer.get_data().decode("utf-8", "replace")


def found(town: Town, answer: TestResponse, *typed: str) -> list[str]:
    """What of the other village an answer says, beside what was sent."""
    said = text(answer)
    for each in typed:
        said = said.replace(each, "")
    return [each for each in secrets(town) if each in said]


@pytest.mark.parametrize("role", LIMITED)
def test_no_address_tells_anything_of_the_other_village(app: Flask, town: Town, role: Role) -> None:
    browser = Browser(app, role, "zh")
    shown: dict[str, list[str]] = {}
    for of in (town.mine, town.others):
        for path in addresses(app, of, "GET", role):
            if path.endswith((".pdf", ".png")):
                continue
            answer = browser.open(path)
            assert answer.status_code < 500, path
            if there := found(town, answer, path):
                shown[path] = there
    assert shown == {}


@pytest.mark.parametrize("register", ["persons", "special_needs", "need_requests", "inspections", "isolated_days"])
@pytest.mark.parametrize("ending", ["", "/change", "/pictures/{picture}"])
def test_a_row_of_the_other_village_answers_as_if_there_were_none(
    app: Flask, town: Town, register: str, ending: str
) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    for number in (town.others.rows[register].id, 999_999):
        path = f"/registers/{register}/{number}{ending}"
        if "picture" in ending:
            path = f"/registers/{register}{ending.format(**town.others.ids)}"
        assert browser.open(path).status_code == 404, path


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR])
def test_the_own_village_is_all_there(app: Flask, town: Town, role: Role) -> None:
    browser = Browser(app, role, "zh")
    assert "焱" in browser.open("/roster/staff").text
    for address in (
        "/roster?week=2026-02-24", "/roster/print?week=2026-02-24", f"/roster/staff/{town.mine.ids['staff_id']}",
        "/roster/shift?day=2026-03-01&shift=day", "/questions", f"/questions/{town.mine.ids['question_id']}", "/orders",
        f"/orders/{town.mine.ids['order_id']}", "/zero-reports", "/needs", "/inspections", "/inspections/day/2026-03-01",
        f"/persons/{town.mine.rows['persons'].id}", f"/needs/{town.mine.rows['need_requests'].id}",
        f"/inspections/{town.mine.rows['inspections'].id}",
    ):  # fmt: skip
        answer = browser.open(address)
        assert answer.status_code == 200, address
        assert MINE in answer.text, address
    for id_, row in town.mine.rows.items():
        if not role.may(read(catalogue.shipped()[id_]).read):
            continue
        for address in (f"/registers/{id_}", f"/registers/{id_}/{row.id}"):
            assert browser.open(address).status_code == 200, address
        assert MINE in browser.open(f"/registers/{id_}/{row.id}").text or id_ == "isolated_days", id_
        pages = [browser.open(f"/registers/{id_}/paper.{kind}") for kind in ("pdf", "png", "xlsx")]
        assert [each.status_code for each in pages] == [200, 200, 200], id_


@pytest.mark.parametrize(
    "query", ["search=鑫", "search=鑫1", "search=99999", "search=1999999999", "search=999999999999999999"]
)
def test_no_search_finds_or_counts_what_is_the_other_villages(app: Flask, town: Town, query: str) -> None:
    browser = Browser(app, Role.SUPERVISOR, "zh")
    for id_ in town.mine.rows:
        page = browser.open(f"/registers/{id_}?{query}").text
        assert f"/registers/{id_}/{town.others.rows[id_].id}" not in page, id_
        assert not re.search(r'class="count">[1-9]', page), id_
    for address in ("/roster/staff", "/questions", "/orders", "/ledger"):
        page = browser.open(f"{address}?{query}").text
        assert not [each for each in town.others.ids.values() if len(each) > 3 and each in page], address


@pytest.mark.parametrize("unit", ["lijia", "daji", "nowhere"])
def test_an_account_asks_for_no_unit_beyond_its_own(app: Flask, town: Town, unit: str) -> None:
    browser = Browser(app, Role.SUPERVISOR, "zh")
    for address in (
        "/registers",
        "/inspections",
        "/needs",
        "/roster/staff",
        "/roster",
        "/roster/hours",
        "/inspections/day/2026-03-01",
    ):
        assert browser.open(f"{address}?unit={unit}").status_code == 404, address
    for id_ in town.mine.rows:
        answer = browser.open(f"/registers/{id_}?unit={unit}")
        assert OTHERS not in answer.text, id_


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_an_export_holds_the_own_village_alone(app: Flask, town: Town, format_: str) -> None:
    browser = Browser(app, Role.SUPERVISOR, "zh")
    names = [*LISTS, *(f"{PREFIX}{id_}" for id_ in town.mine.rows)]
    got = set()
    for name in names:
        # the title of a workbook says what was searched for
        for query in ("", "?unit=wangjia", *(("?search=鑫",) if format_ == "csv" else ())):
            path = f"/exports/{name}{query}"
            answer = browser.client.post(
                path, data={"format": format_, "why": "审计"} if name.startswith(PREFIX) else {"format": format_}
            )
            assert answer.status_code in (200, 303, 400, 403, 404), (path, answer.status_code)
            assert found(town, answer, path) == [], path
            if answer.status_code == 200 and MINE in text(answer):
                got.add(name)
        assert browser.client.post(f"/exports/{name}?unit=lijia", data={"format": format_}).status_code in (403, 404), (
            name
        )
    assert {
        "staff",
        "roster",
        "orders",
        "questions",
        "zero_reports",
        *(f"{PREFIX}{id_}" for id_ in town.mine.rows if id_ != "isolated_days"),
    } <= got


TABLES = (
    "register_rows", "register_history", "register_pictures", "register_imports", "duty_staff", "duty_absences", "roster", "roster_presence",
    "questions", "question_answers", "dispatches", "orders", "village_orders", "village_receipts", "zero_reports", "plan_marks", "visits",
    "passes", "units", "gates",
)  # fmt: skip


def of_others(town: Town) -> dict[str, list[dict[str, object]]]:
    """The rows of the other village in every table."""
    ids = {str(row.id) for row in town.others.rows.values()}
    marks = {OTHERS, "lijia", "west", *(each for each in town.others.ids.values() if len(each) > 3)}
    return {
        name: [
            dict(row)
            for row in table(town.place, name)
            if any(mark in str(value) for value in dict(row).values() for mark in marks)
            or str(row.get("row", "")) in ids
        ]
        for name in TABLES
    }


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR])
def test_no_form_changes_anything_of_the_other_village_or_tells_of_it(app: Flask, town: Town, role: Role) -> None:
    browser, before = Browser(app, role, "zh"), of_others(town)
    others = town.others
    form = {
        "version": "1", "reason": "x", "why": "x", "comment": "x", "to": "closed", "unit": "lijia", "gate": "west", "parent": "2",
        "list": "x", "person": f"persons/{others.rows['persons'].id}", "caller": "x", "need": "dialysis", "due": "4", "format": "csv",
        "staff": others.ids["staff_id"], "day": "2026-03-02", "shift": "day", "from_day": "2026-03-01", "from_shift": "day",
        "from_gate": "west", "off": f"2026-03-01/day/west/{others.ids['staff_id']}", "came": "09:00", "since": "2026-03-05",
        "until": "2026-03-06", "name": "鑫值守", "role": "medical", "gates": "west", "text": "x", "after": "1", "note": "x",
        "reporter": "unit/lijia", "count": "0", "zh": "x", "hours": "12", "villages": "lijia", "problem": "x", "category": "other",
        "how": "at_once", "visit": others.ids["visit_id"], "alert": others.ids["alert_id"], "absence": "2",
    }  # fmt: skip
    for of in (others, town.mine):
        for path in addresses(app, of, "POST", role):
            if path.startswith(("/login", "/account", "/session", "/preferences", "/setup")):
                continue
            answer = browser.client.post(path, data={**form, "to": "west"} if path == "/orders" else form)
            assert answer.status_code in (200, 201, 302, 303, 400, 401, 403, 404, 409), (path, answer.status_code)
            # a form shows what was typed
            typed = (path, "鑫值守", others.ids["visit_id"])
            assert found(town, answer, *typed) == [], path
    after = of_others(town)
    for name in TABLES:
        assert after[name] == before[name], name
