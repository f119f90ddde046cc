"""A town with something on every page, for tests that go over all of them; and the addresses of those pages, found by asking the console for each."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import product

from flask import Flask
from sqlalchemy import select

from hub.accounts.roles import Role
from hub.database.schema import plan_marks, register_rows, registers
from hub.runs import derive
from scripts.fuzzing.pages import ENDLESS, VALUES
from scripts.town import needs, organisation, post
from scripts.town.registers import Filler
from scripts.town.scenario import plan
from tests.hub import busy, rosters
from tests.hub.consoles import Browser, console
from tests.hub.orders.desk import fill_desk
from tests.hub.towns import Place
from tests.scripts.test_scenario import SEED, policy

QUERIES = {
    "/audit": "?object=registers/", "/figures": "?preset=week", "/inspections/new": "?gate=east", "/operation/rules/edit": "?part=classes&number=0",
    "/operation/start": "?template=forest_fire", "/organisation/new": "?parent=hetou", "/roster/on-duty": "?gate=east&at=2026-03-01T12:00",
}  # fmt: skip
"""What an address is asked with, where it shows more than without."""
MORE = (
    "/ledger?plate=ZZZZ", "/organisation?search=ZZZZ", "/ledger?unit=area-east", "/registers/own?template=patrols", "/operation/rules/edit?part=fields&number=new",
    "/operation/rules/edit?part=text", "/orders?state=missing&urgent=y", "/orders?search=ZZZZ", "/questions?search=ZZZZ", "/runs/history?search=ZZZZ",
    "/needs?search=ZZZZ", "/inspections?search=ZZZZ", "/roster/staff?search=ZZZZ", "/roster/import/roster", "/roster/import/staff", "/registers/persons?overdue=y",
    "/villages/hetou", "/villages/shiqiao", "/villages/shiqiao/print", "/registers/inspections?overdue=y",
)  # fmt: skip
"""Searches that find nothing, and parts of pages that have an address of their own."""
SAME = ("change", "import", "own")
"""Pages that differ little from one register to the next: they are looked at for some of them."""
SOME = frozenset({"isolated_days", "persons", "supplies"})
FORMS = SOME | {"five_on_one", "inspections", "need_requests", "patrols", "samples"}
"""Registers whose forms and rows are looked at: of every sort one."""
FEW = 6
"""Values of an argument that are tried until one shows a page."""


def fill(place: Place, now: datetime) -> None:
    """Fills a new town: ledger, lists, organisation, roster, needs, inspections, command post, and every register that is shipped."""
    town, users = place.town, place.users
    people = [users[role] for role in (Role.OFFICER, Role.SUPERVISOR, Role.ADMIN)]
    planned = plan(SEED, policy())
    busy.fill(place, now)
    busy.go_wrong(place, now)
    rosters.fill(place, now)
    rosters.signed_on(place, now)
    with place.engine.begin() as connection:
        organisation.fill(connection, town.id, list(place.gates), {}, by="cli", now=now)
        needs.fill(town, connection, planned, people, now)
        post.lay_out(connection, town, planned.vehicles, dict.fromkeys(place.gates, users[Role.OFFICER]), now)
        derive.write(connection, town.id, derive.look(connection, town.id, town.settings.zone, now))
        filler = Filler(town.id, SEED, town.settings.zone, list(place.gates), (people[0], people[1]), now)
        filler.fill(connection)
        filler.report_none(connection)
    fill_desk(place)


def pages(place: Place, now: datetime) -> list[str]:
    """The address of every page that an admin can open: each rule with a value that there is, each register with each of its pages."""
    with console(place, clock=lambda: now) as app:
        client = Browser(app, Role.ADMIN)
        found: list[str] = []
        for tried in _tried(app):
            for address in tried:
                answer = client.client.get(address, follow_redirects=True)
                whole = (
                    answer.status_code == 200 and answer.mimetype == "text/html" and "<!doctype html>" in answer.text
                )
                answer.close()
                if whole:
                    found.append(answer.request.full_path.rstrip("?"))
                    break
        return list(dict.fromkeys(found))


def _tried(app: Flask) -> Iterator[list[str]]:
    """For each page that may be, the addresses under which it may be found."""
    with app.extensions["kakou"].reading.begin() as connection:
        ids = list(connection.execute(select(registers.c.id).order_by(registers.c.id)).scalars())
        rows = dict(connection.execute(select(register_rows.c.register, register_rows.c.id)).tuples().all())
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        if "GET" not in (rule.methods or ()) or rule.endpoint in ("static", "accounts.login") or rule.rule in ENDLESS:
            continue
        if rule.rule.startswith(("/api/", "/setup", "/metrics", "/healthz")):
            continue
        if "<register_id>" in rule.rule:
            for id_ in ids:
                few = SOME if any(each in rule.rule for each in SAME) else FORMS
                if id_ not in few and rule.rule != "/registers/<register_id>":
                    continue
                address = rule.rule.replace("<register_id>", id_).replace("<int:row_id>", str(rows.get(id_, 0)))
                if "<" not in address:
                    yield [address]
            continue
        names = re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)
        values = [_values(app, name) for name in names]
        parts = re.split(r"<[^>]+>", rule.rule)
        addresses = ["".join(p + t for p, t in zip(parts, [*each, ""], strict=True)) for each in product(*values)]
        yield [address + QUERIES.get(rule.rule, "") for address in addresses]
    yield from ([address] for address in MORE)


def _values(app: Flask, name: str) -> list[str]:
    column = {**VALUES, "mark_id": plan_marks.c.id}.get(name)
    if column is None:
        return []
    with app.extensions["kakou"].reading.begin() as connection:
        found = list(connection.execute(select(column).distinct().order_by(column)).scalars())
    return [str(each) for each in (*found[:FEW], *found[-FEW:])]
