"""Every page of a hub, opened as an admin in both languages, with what its database holds: which of them answer 500, or raise."""

import re
import traceback
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Column, select

from hub.database.schema import (
    alerts,
    backups,
    conflicts,
    destructions,
    dispatches,
    duties,
    duty_staff,
    export_jobs,
    gates,
    passes,
    plans,
    quarantine,
    questions,
    register_pictures,
    register_rows,
    registers,
    reports,
    rule_versions,
    units,
    users,
    visits,
)
from hub.web.app import create_app

LANGUAGES = ("zh", "en")
VALUES: dict[str, Column[Any]] = {
    "visit_id": visits.c.visit_id, "pass_id": passes.c.id, "conflict_id": conflicts.c.id,
    "quarantine_id": quarantine.c.id, "alert_id": alerts.c.id, "shift_id": duties.c.shift, "hash_": plans.c.hash,
    "backup_name": backups.c.file, "user_id": users.c.id, "day": reports.c.day, "gate_id": gates.c.gate, "job_id": export_jobs.c.id,
    "need_id": register_rows.c.id, "finding_id": register_rows.c.id, "person_id": register_rows.c.id,
    "unit_id": units.c.id,
    "order_id": dispatches.c.id, "question_id": questions.c.id,
    "register_id": registers.c.id, "row_id": register_rows.c.id, "picture": register_pictures.c.id,
    "staff_id": duty_staff.c.id,
    "rules_version": rule_versions.c.number,
    "destruction_id": destructions.c.id,
}  # fmt: skip
"""Where the values of an address's argument stand; of another one, such as a sealed vehicle, only what is none is tried."""
QUERIES = {
    "/zero-reports": ("", "?day=2026-02-28", "?day=x"),
    "/questions": ("", "?search=x&state=overdue&who=u-1", "?since=2026-03-01&until=2026-03-02", "?older=2026~q-1"),
    "/runs": ("", "?day=2026-03-01", "?day=0001-01-01"),
    "/runs/history": ("", "?search=x&area=x&state=missed", "?since=2026-03-01&until=2026-03-02", "?older=2026~r-1"),
    "/runs/plans/new": ("", "?like=r-1"),
    "/runs/plans": ("", "?search=x"),
    "/orders": (
        "",
        "?search=x&state=missing&recipient=gate/east&urgent=y",
        "?since=2026-03-01&until=2026-03-02",
        "?older=2026~d-1",
    ),
    "/ledger": (
        "",
        "?plate=B1",
        "?from=2026-03-01&to=2026-03-02",
        "?gate=east",
        "?direction=in",
        "?outcome=passed",
        "?outcome=unclear",
    ),
    "/export/visits.csv": ("", "?header=zh", "?header=machine"),
    "/audit": ("", "?start=2026-03-01", "?user=cli&object=gates/", "?before=9"),
    "/export/audit.csv": ("", "?header=machine", "?start=x"),
    "/inspections": ("", "?gate=east", "?unit=u-1"),
    "/inspections/new": ("", "?gate=east", "?alert=1", "?visit=0", "?alert=9999999999999999999"),
    "/inspections/day": ("", "?day=2026-03-01", "?day=x"),
    "/operation/start": ("", "?template=forest_fire", "?template=locusts"),
    "/operation/rules": ("", "?older=2"),
    "/operation/rules/edit": (
        "?part=head",
        "?part=text",
        "?part=classes&number=0",
        "?part=classes&number=new",
        "?part=fields&number=99",
    ),
    "/operation/closing": ("", "?operation=op-1", "?operation=op-1&version=1"),
    "/operation/closing.pdf": ("?operation=op-1",),
    "/operation/closing.xlsx": ("?operation=op-1",),
    "/tokens": ("", "?search=t-1"),
    "/api/v1/visits": ("", "?limit=500&why=look", "?plate=B1", "?outcome=open", "?from=2026-03-01T00:00:00Z"),
    "/api/v1/entries": ("", "?limit=500&why=look", "?after=9007199254740991"),
    "/api/v1/alerts": ("", "?state=open", "?severity=critical"),
    "/api/v1/figures": ("", "?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z"),
    "/organisation": ("", "?search=1&closed=1", "?unit=none"),
    "/roster": ("", "?week=2026-03-02", "?week=x&gate=nowhere", "?from=east&day=1&shift=2&at=3"),
    "/roster/print": ("", "?week=2026-03-02&masked=1", "?gate=east"),
    "/roster/shift": ("", "?day=2026-03-02&shift=day", "?day=9999-12-31&shift=day"),
    "/roster/on-duty": ("", "?gate=east&at=2026-03-01T12:00", "?gate=x&at=9999-12-31T23:59"),
    "/roster/handovers": ("", "?since=2026-02-01&until=2026-03-09&gate=east", "?since=9999-12-31", "?until=0001-01-01"),
    "/roster/hours": ("", "?since=2026-02-01&until=2026-03-09", "?since=x"),
    "/roster/staff": ("", "?search=a&state=away&role=x&gate=east&unit=u", "?after=s-1&after_name=x"),
    "/roster/settings": ("", "?gate=east"),
    "/figures": ("", "?preset=week", "?gate=east", "?start=2026-03-01T00:17&end=2026-03-09T00:00"),
}
ENDLESS = frozenset({"/stream"})
"""Addresses whose answer does not end."""
FEW = 12
"""Values of an argument that are tried: the first and the last."""


def look_at_every_page(folder: Path, login: str, password: str, now: datetime, faults: list[str]) -> int:
    """Opens them all, and puts a line for each that fails; gives how many were opened."""
    app = create_app(folder, clock=lambda: now)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    opened = 0
    try:
        client = app.test_client()
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
        assert token is not None
        client.post("/login", data={"csrf_token": token[1], "login": login, "password": password})
        assert client.get("/").status_code == 200, "the admin's sign-in"
        addresses = list(_addresses(app))
        for language in LANGUAGES:
            client.set_cookie("lang", language)
            for address in addresses:
                opened += 1
                try:
                    answer = client.get(address)
                    status = answer.status_code
                    answer.close()
                except Exception:  # any at all is what is looked for
                    faults.append(f"{language} {address}: {traceback.format_exc(limit=-3).strip()}")
                    continue
                if status >= 500:
                    faults.append(f"{language} {address}: answers {status}")
    finally:
        app.extensions["kakou"].writing.dispose()
        app.extensions["kakou"].reading.dispose()
    return opened


def _addresses(app: Flask) -> Iterator[str]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static" or rule.rule in ENDLESS:
            continue
        if not rule.arguments:
            yield from (rule.rule + query for query in QUERIES.get(rule.rule, ("",)))
            continue
        tried = [
            (*(_values(app, VALUES[name]) if name in VALUES else ()), "0", "nowhere", "ff" * 16, "9" * 40)
            for name in re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)
        ]
        for values in product(*tried):
            texts = [*(str(each) for each in values), ""]
            yield "".join(part + text for part, text in zip(re.split(r"<[^>]+>", rule.rule), texts, strict=True))


def _values(app: Flask, column: Column[Any]) -> Sequence[Any]:
    with app.extensions["kakou"].reading.begin() as connection:
        found = list(connection.execute(select(column).order_by(column)).scalars())
    return [*found[:FEW], *found[-FEW:]] if len(found) > 2 * FEW else found
