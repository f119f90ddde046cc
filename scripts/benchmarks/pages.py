"""Milliseconds of each page of the hub with 100,000 persons in its registers and a million visits, beside a bare Flask page.

The pages are asked for as a browser does, in this process: session, language, template and all. The value is the median of the processor's time
of the thread that answers, which says the same on a busy machine; the note has the worst, and both by the clock on the wall. The floor is a
page of Flask that reads forty rows of the same table by sqlite3 and puts them into a table of HTML, with no session and nobody signed in.
"""

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from re import search
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient

from hub.web.app import create_app
from scripts.benchmarks.crowd import LIMITED, PASSWORD, Crowd, found_crowd
from scripts.benchmarks.rows import CannotRunError, Plan, Row, median

ROUNDS = 9
FLOOR = "bare Flask, 40 rows by sqlite3"
BOUND = 50
"""Milliseconds of the processor that a page may take."""
TABLE = """<!doctype html><title>bare</title><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}{% endfor %}{% endfor %}</table>"""
OF_PERSONS = "select * from register_rows where town = 'demo' and register = 'persons' order by number desc limit 40"
OF_VISITS = "select * from visits where town = 'demo' order by opened_at desc limit 40"
REGISTER = "/registers/persons"
SIGNED_IN = 302


@dataclass(frozen=True, slots=True)
class Page:
    """An address as somebody asks for it, and the question of the floor."""

    login: str
    address: str
    floor: str = OF_VISITS


def run(plan: Plan) -> Iterator[Row]:
    """A row for each page, and one that counts those above the bound."""
    persons, crossings = plan.size(100_000, 1_000), plan.size(1_000_000, 10_000)
    crowd = found_crowd(plan.folder / "hub", persons, crossings, plan.seed, plan.say)
    app = create_app(plan.folder / "hub")
    try:
        yield from measured(app, crowd, f"{persons} persons, {crossings} visits", plan.say)
    finally:
        app.extensions["kakou"].writing.dispose()
        app.extensions["kakou"].reading.dispose()


def measured(app: Flask, crowd: Crowd, note: str, say: Callable[[str], None]) -> Iterator[Row]:
    """The rows of every page of a town."""
    asked = pages(crowd)
    browsers = {login: signed_in(app, login) for login in dict.fromkeys(each.login for each in asked.values())}
    floors = {
        query: _taken(_bare(crowd.town.settings.folder / "hub.db", query), "/") for query in (OF_PERSONS, OF_VISITS)
    }
    above = 0
    for name, page in asked.items():
        say(name)
        taken = _taken(browsers[page.login], page.address)
        floor = floors[page.floor].processor
        above += median(taken.processor) > BOUND
        yield Row(f"pages.{name}", median(taken.processor), "ms", median(floor), FLOOR, taken.note(page.login))
    yield Row("pages.above", above, f"of {len(asked)}", BOUND, "ms of the processor that a page may take", note)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a page took each time, in milliseconds: of the processor, and by the clock on the wall."""

    processor: list[float]
    wall: list[float]
    length: int

    def note(self, login: str) -> str:
        """The worst, and the wall."""
        return (
            f"as {login}; worst {max(self.processor):.1f} ms; wall {statistics.median(self.wall):.1f} ms, worst {max(self.wall):.1f} ms; "
            f"{self.length / 1024:.0f} KiB"
        )


def pages(crowd: Crowd) -> Mapping[str, Page]:
    """Name of a row -> the page."""
    return {
        **{name: Page("supervisor", address, OF_PERSONS) for name, address in _of_registers(crowd).items()},
        **{name: Page("supervisor", address) for name, address in _of_visits(crowd).items()},
        "masked": Page("officer", REGISTER, OF_PERSONS),
        "audit": Page("supervisor", "/audit"),
        **{name: Page(LIMITED, address) for name, address in _limited(crowd).items()},
    }


def _of_registers(crowd: Crowd) -> Mapping[str, str]:
    today = datetime.now(UTC).date()
    return {
        "overview": "/registers",
        "register": REGISTER,
        "register_behind": f"{REGISTER}?before={crowd.person}",
        "register_searched": f"{REGISTER}?search={quote(crowd.name)}",
        "register_common": f"{REGISTER}?search={quote(crowd.name[0])}",
        "register_chosen": f"{REGISTER}?f-kind=stranded",
        "register_branch": f"{REGISTER}?unit={crowd.village}",
        "register_state": "/registers/inspections?state=closed",
        "register_overdue": "/registers/inspections?overdue=y",
        "row": f"{REGISTER}/{crowd.person}",
        "row_of_person": f"/persons/{crowd.person}",
        "households": "/registers/households",
        "household": f"/registers/households/{crowd.household}",
        "needs": "/needs",
        "inspections": "/inspections",
        "inspections_day": f"/inspections/day/{today}",
        "register_form": f"{REGISTER}/new",
    }


def _of_visits(crowd: Crowd) -> Mapping[str, str]:
    return {
        "live": "/",
        "board": "/live/board",
        "ledger": "/ledger",
        "ledger_plate": f"/ledger?plate={quote(crowd.plate)}",
        "ledger_refused": "/ledger?only=refused",
        "ledger_refused_gate": "/ledger?only=refused&gate=east",
        "ledger_none": "/ledger?reason=revoked",
        "ledger_long_wait": "/ledger?waited=3600-",
        "ledger_branch": f"/ledger?unit={crowd.village}",
        "visit": f"/visits/{crowd.visit}",
        "vehicle": f"/vehicle/of-visit/{crowd.visit}",
        "inside": "/inside",
        "alerts": "/alerts",
        "alerts_history": "/alerts?state=acknowledged",
        "figures": "/figures",
        "figures_week": "/figures?preset=week",
        "conflicts": "/conflicts",
        "orders": "/orders",
        "runs": "/runs",
        "zero_reports": "/zero-reports",
        "roster": "/roster",
        "roster_print": "/roster/print",
        "on_duty": "/roster/on-duty",
        "map": "/map",
        "village": f"/villages/{crowd.village}",
        "organisation": "/organisation",
        "passes": "/passes",
        "shift": "/shift",
        "health": "/health",
    }


def _limited(crowd: Crowd) -> Mapping[str, str]:
    """What an account asks for that is limited to a village."""
    return {
        "limited_live": "/",
        "limited_ledger": "/ledger",
        "limited_refused": "/ledger?only=refused",
        "limited_inside": "/inside",
        "limited_alerts": "/alerts",
        "limited_figures": "/figures",
        "limited_village": f"/villages/{crowd.village}",
    }


def signed_in(app: Flask, login: str) -> FlaskClient:
    """A browser of this user."""
    client = app.test_client()
    mark = search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    if mark is None:
        raise CannotRunError("the page to sign in has no mark of its form")
    said = {"csrf_token": mark[1], "login": login, "password": PASSWORD}
    if client.post("/login", data=said).status_code != SIGNED_IN:
        raise CannotRunError(f"{login}: not let in")
    return client


def _taken(client: FlaskClient, address: str) -> Taken:
    """A page, asked for again and again; the first time, which compiles its template, does not count."""
    processor, wall, length = [], [], 0
    for _ in range(ROUNDS + 1):
        before, began = time.thread_time(), time.perf_counter()
        answer = client.get(address, buffered=True, follow_redirects=address.startswith("/vehicle/"))
        length = len(answer.data)
        processor.append(1000 * (time.thread_time() - before))
        wall.append(1000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            raise CannotRunError(f"{address}: answered {answer.status_code}")
    return Taken(processor[1:], wall[1:], length)


def _bare(database: Path, query: str) -> FlaskClient:
    app = Flask("bare")
    template = app.jinja_env.from_string(TABLE)

    @app.get("/")
    def bare() -> str:
        with closing(sqlite3.connect(database)) as connection:
            return template.render(rows=connection.execute(query).fetchall())

    return app.test_client()
