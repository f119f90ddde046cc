"""Role x route: what each role may open, address by address, walked with every role. An address that is not in the table fails.

The table is written by hand and derived from nothing in the code: whoever adds an address says here who may open it. Sorted by address.

    yes      neither 401 nor 403 nor the way to sign in (400, 404 and 409 are answers to who may ask)
    no       403
    sign-in  the way to sign in: a redirect to /login, or 401 (signing out leads there, too)
"""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from flask import Flask

from hub.accounts.roles import Role
from tests.hub.busy import settle_busy
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import table
from tests.hub.towns import Place

TABLE: Final = """
                                             nobody     viewer     officer    supervisor admin
GET  /                                       sign-in    yes        yes        yes        yes
GET  /account                                sign-in    yes        yes        yes        yes
GET  /account/password                       sign-in    yes        yes        yes        yes
POST /account/password                       sign-in    yes        yes        yes        yes
POST /account/pin                            sign-in    no         yes        yes        yes
POST /account/sessions/end                   sign-in    yes        yes        yes        yes
GET  /accounts                               sign-in    no         no         no         yes
POST /accounts                               sign-in    no         no         no         yes
GET  /accounts/<user_id>                     sign-in    no         no         no         yes
POST /accounts/<user_id>/change              sign-in    no         no         no         yes
GET  /accounts/<user_id>/disable             sign-in    no         no         no         yes
POST /accounts/<user_id>/disable             sign-in    no         no         no         yes
POST /accounts/<user_id>/enable              sign-in    no         no         no         yes
POST /accounts/<user_id>/password            sign-in    no         no         no         yes
POST /accounts/<user_id>/pin                 sign-in    no         no         no         yes
POST /accounts/<user_id>/roster              sign-in    no         no         no         yes
POST /accounts/<user_id>/sessions/end        sign-in    no         no         no         yes
POST /accounts/<user_id>/unit                sign-in    no         no         no         yes
GET  /accounts/new                           sign-in    no         no         no         yes
GET  /alerts                                 sign-in    yes        yes        yes        yes
GET  /alerts/<int:alert_id>                  sign-in    yes        yes        yes        yes
POST /alerts/<int:alert_id>/acknowledge      sign-in    no         yes        yes        yes
POST /alerts/<int:alert_id>/snooze           sign-in    no         yes        yes        yes
GET  /alerts/bar                             sign-in    yes        yes        yes        yes
GET  /api/openapi.json                       yes        yes        yes        yes        yes
GET  /api/v1/alerts                          sign-in    yes        yes        yes        yes
GET  /api/v1/entries                         sign-in    yes        yes        yes        yes
GET  /api/v1/figures                         sign-in    yes        yes        yes        yes
GET  /api/v1/gates                           sign-in    yes        yes        yes        yes
GET  /api/v1/inside                          sign-in    yes        yes        yes        yes
POST /api/v1/passes                          sign-in    no         yes        yes        yes
POST /api/v1/passes/<pass_id>/revoke         sign-in    no         yes        yes        yes
GET  /api/v1/visits                          sign-in    yes        yes        yes        yes
GET  /api/v1/visits/<visit_id>               sign-in    yes        yes        yes        yes
GET  /audit                                  sign-in    no         no         yes        yes
GET  /backups                                sign-in    no         no         no         yes
GET  /backups/file/<backup_name>             sign-in    no         no         no         yes
POST /backups/make                           sign-in    no         no         no         yes
GET  /backups/restore                        sign-in    no         no         no         yes
POST /backups/schedule                       sign-in    no         no         no         yes
GET  /backups/state                          sign-in    no         no         no         yes
GET  /conflicts                              sign-in    yes        yes        yes        yes
GET  /conflicts/<conflict_id>                sign-in    yes        yes        yes        yes
GET  /conflicts/<conflict_id>/group          sign-in    yes        yes        yes        yes
POST /conflicts/<conflict_id>/settle         sign-in    no         yes        yes        yes
GET  /conflicts/next                         sign-in    yes        yes        yes        yes
POST /conflicts/settle                       sign-in    no         yes        yes        yes
GET  /export/audit.csv                       sign-in    no         no         yes        yes
GET  /export/visits.csv                      sign-in    yes        yes        yes        yes
POST /export/visits.csv                      sign-in    no         no         yes        yes
GET  /exports                                sign-in    yes        yes        yes        yes
POST /exports/<list_name>                    sign-in    yes        yes        yes        yes
GET  /exports/jobs                           sign-in    yes        yes        yes        yes
POST /exports/jobs/<job_id>/cancel           sign-in    yes        yes        yes        yes
GET  /exports/jobs/<job_id>/file             sign-in    yes        yes        yes        yes
GET  /feed                                   sign-in    no         no         no         yes
POST /feed                                   sign-in    no         no         no         yes
POST /feed/<target_id>/remove                sign-in    no         no         no         yes
POST /feed/<target_id>/test                  sign-in    no         no         no         yes
GET  /figures                                sign-in    yes        yes        yes        yes
GET  /health                                 sign-in    no         no         yes        yes
GET  /healthz                                yes        yes        yes        yes        yes
GET  /inside                                 sign-in    yes        yes        yes        yes
GET  /inspections                            sign-in    no         yes        yes        yes
GET  /inspections/<int:finding_id>           sign-in    no         yes        yes        yes
POST /inspections/<int:finding_id>/move      sign-in    no         yes        yes        yes
GET  /inspections/day                        sign-in    no         yes        yes        yes
GET  /inspections/day/<day>                  sign-in    no         yes        yes        yes
GET  /inspections/new                        sign-in    no         yes        yes        yes
POST /inspections/new                        sign-in    no         yes        yes        yes
GET  /ledger                                 sign-in    yes        yes        yes        yes
GET  /live/board                             sign-in    yes        yes        yes        yes
GET  /login                                  yes        yes        yes        yes        yes
POST /login                                  yes        yes        yes        yes        yes
POST /logout                                 sign-in    sign-in    sign-in    sign-in    sign-in
GET  /map                                    sign-in    yes        yes        yes        yes
GET  /map/gates                              sign-in    yes        yes        yes        yes
POST /map/places                             sign-in    no         no         no         yes
POST /map/plan                               sign-in    no         no         no         yes
GET  /map/plan/<hash_>                       sign-in    yes        yes        yes        yes
POST /map/plan/remove                        sign-in    no         no         no         yes
GET  /metrics                                yes        yes        yes        yes        yes
GET  /needs                                  sign-in    no         yes        yes        yes
GET  /needs/<int:need_id>                    sign-in    no         yes        yes        yes
POST /needs/<int:need_id>/assign             sign-in    no         yes        yes        yes
POST /needs/<int:need_id>/move               sign-in    no         yes        yes        yes
POST /needs/<int:need_id>/pass               sign-in    no         yes        yes        yes
GET  /needs/new                              sign-in    no         yes        yes        yes
POST /needs/new                              sign-in    no         yes        yes        yes
GET  /needs/sheet                            sign-in    yes        yes        yes        yes
GET  /news                                   sign-in    yes        yes        yes        yes
GET  /operation                              sign-in    yes        yes        yes        yes
GET  /operation/closing                      sign-in    yes        yes        yes        yes
POST /operation/closing                      sign-in    no         no         yes        yes
GET  /operation/closing.pdf                  sign-in    yes        yes        yes        yes
GET  /operation/closing.xlsx                 sign-in    yes        yes        yes        yes
GET  /operation/destruction                  sign-in    no         no         no         yes
POST /operation/destruction/<destruction_id>/cancel sign-in no     no         no         yes
POST /operation/destruction/<destruction_id>/confirm sign-in no    no         no         yes
POST /operation/destruction/<destruction_id>/go-on sign-in no      no         no         yes
POST /operation/destruction/<destruction_id>/report sign-in no     no         no         yes
GET  /operation/destruction/<destruction_id>/report.json sign-in no no         no         yes
GET  /operation/destruction/<destruction_id>/report.pdf sign-in no  no         no         yes
POST /operation/destruction/decide           sign-in    no         no         no         yes
POST /operation/destruction/request          sign-in    no         no         no         yes
POST /operation/end                          sign-in    no         no         no         yes
POST /operation/extend                       sign-in    no         no         no         yes
POST /operation/record                       sign-in    no         no         no         yes
GET  /operation/rules                        sign-in    no         yes        yes        yes
GET  /operation/rules/edit                   sign-in    no         no         no         yes
POST /operation/rules/preview                sign-in    no         no         no         yes
POST /operation/rules/publish                sign-in    no         no         no         yes
GET  /operation/rules/versions/<int:rules_version> sign-in    no         yes        yes        yes
GET  /operation/start                        sign-in    no         no         no         yes
POST /operation/start                        sign-in    no         no         no         yes
GET  /orders                                 sign-in    yes        yes        yes        yes
POST /orders                                 sign-in    no         no         yes        yes
GET  /orders/<order_id>                      sign-in    yes        yes        yes        yes
POST /orders/<order_id>/cancel               sign-in    no         no         yes        yes
POST /orders/<order_id>/confirm              sign-in    no         yes        yes        yes
GET  /orders/import                          sign-in    no         no         yes        yes
POST /orders/import                          sign-in    no         no         yes        yes
GET  /orders/mine                            sign-in    no         yes        yes        yes
GET  /organisation                           sign-in    yes        yes        yes        yes
GET  /organisation/import                    sign-in    no         no         no         yes
POST /organisation/import                    sign-in    no         no         no         yes
GET  /organisation/levels                    sign-in    no         no         no         yes
POST /organisation/levels                    sign-in    no         no         no         yes
GET  /organisation/new                       sign-in    no         no         no         yes
POST /organisation/new                       sign-in    no         no         no         yes
GET  /organisation/units/<unit_id>           sign-in    yes        yes        yes        yes
POST /organisation/units/<unit_id>/change    sign-in    no         no         no         yes
POST /organisation/units/<unit_id>/close     sign-in    no         no         no         yes
POST /organisation/units/<unit_id>/gates     sign-in    no         no         no         yes
GET  /passes                                 sign-in    no         yes        yes        yes
GET  /passes/<pass_id>                       sign-in    no         yes        yes        yes
GET  /passes/<pass_id>.png                   sign-in    no         yes        yes        yes
GET  /passes/<pass_id>.svg                   sign-in    no         yes        yes        yes
POST /passes/<pass_id>/block                 sign-in    no         yes        yes        yes
GET  /passes/<pass_id>/card.pdf              sign-in    no         yes        yes        yes
GET  /passes/<pass_id>/phone                 sign-in    no         yes        yes        yes
POST /passes/<pass_id>/renew                 sign-in    no         yes        yes        yes
POST /passes/<pass_id>/replace               sign-in    no         no         yes        yes
POST /passes/<pass_id>/revoke                sign-in    no         no         yes        yes
POST /passes/<pass_id>/unblock               sign-in    no         yes        yes        yes
GET  /passes/cards.pdf                       sign-in    no         yes        yes        yes
GET  /passes/import                          sign-in    no         no         yes        yes
POST /passes/import                          sign-in    no         no         yes        yes
GET  /passes/keys                            sign-in    no         no         no         yes
POST /passes/keys/revoke                     sign-in    no         no         no         yes
POST /passes/keys/rotate                     sign-in    no         no         no         yes
GET  /passes/new                             sign-in    no         yes        yes        yes
POST /passes/new                             sign-in    no         yes        yes        yes
GET  /passes/watched                         sign-in    no         no         yes        yes
POST /passes/watched                         sign-in    no         no         yes        yes
POST /passes/watched/remove                  sign-in    no         no         yes        yes
GET  /persons/<int:person_id>                sign-in    no         yes        yes        yes
POST /preferences                            yes        yes        yes        yes        yes
GET  /quarantine                             sign-in    no         no         yes        yes
POST /quarantine/<int:row>/judge             sign-in    no         no         yes        yes
GET  /questions                              sign-in    no         yes        yes        yes
POST /questions                              sign-in    no         yes        yes        yes
GET  /questions/<question_id>                sign-in    no         yes        yes        yes
POST /questions/<question_id>/answer         sign-in    no         yes        yes        yes
POST /questions/<question_id>/assign         sign-in    no         yes        yes        yes
POST /questions/<question_id>/close          sign-in    no         no         yes        yes
GET  /questions/import                       sign-in    no         yes        yes        yes
POST /questions/import                       sign-in    no         yes        yes        yes
GET  /questions/new                          sign-in    no         yes        yes        yes
GET  /registers                              sign-in    yes        yes        yes        yes
GET  /registers/<register_id>                sign-in    yes        yes        yes        yes
GET  /registers/<register_id>/<int:row_id>   sign-in    yes        yes        yes        yes
GET  /registers/<register_id>/<int:row_id>/change sign-in no       yes        yes        yes
POST /registers/<register_id>/<int:row_id>/change sign-in no       yes        yes        yes
POST /registers/<register_id>/<int:row_id>/move sign-in no         yes        yes        yes
POST /registers/<register_id>/<int:row_id>/remove sign-in no       yes        yes        yes
POST /registers/<register_id>/<int:row_id>/unmask sign-in no       no         yes        yes
GET  /registers/<register_id>/days           sign-in    no         yes        yes        yes
POST /registers/<register_id>/days           sign-in    no         yes        yes        yes
GET  /registers/<register_id>/import         sign-in    no         no         yes        yes
POST /registers/<register_id>/import         sign-in    no         no         yes        yes
GET  /registers/<register_id>/imports        sign-in    no         no         yes        yes
GET  /registers/<register_id>/new            sign-in    no         yes        yes        yes
POST /registers/<register_id>/new            sign-in    no         yes        yes        yes
GET  /registers/<register_id>/paper.pdf      sign-in    yes        yes        yes        yes
GET  /registers/<register_id>/paper.png      sign-in    yes        yes        yes        yes
GET  /registers/<register_id>/paper.xlsx     sign-in    yes        yes        yes        yes
GET  /registers/<register_id>/pictures/<picture> sign-in yes       yes        yes        yes
GET  /registers/own                          sign-in    no         no         no         yes
POST /registers/own                          sign-in    no         no         no         yes
GET  /registers/own/<register_id>            sign-in    no         no         no         yes
POST /registers/own/<register_id>/choose     sign-in    no         no         no         yes
POST /registers/own/<register_id>/close      sign-in    no         no         no         yes
POST /registers/own/<register_id>/declare    sign-in    no         no         no         yes
GET  /reports                                sign-in    yes        yes        yes        yes
POST /reports                                sign-in    no         no         yes        yes
GET  /reports/<day>                          sign-in    yes        yes        yes        yes
GET  /reports/<day>.pdf                      sign-in    yes        yes        yes        yes
GET  /reports/<day>.xlsx                     sign-in    yes        yes        yes        yes
POST /reports/<day>/remarks                  sign-in    no         yes        yes        yes
GET  /roster                                 sign-in    no         yes        yes        yes
POST /roster/assign                          sign-in    no         no         yes        yes
POST /roster/copy                            sign-in    no         no         yes        yes
GET  /roster/handovers                       sign-in    no         yes        yes        yes
GET  /roster/hours                           sign-in    no         no         yes        yes
GET  /roster/import/<kind>                   sign-in    no         no         yes        yes
POST /roster/import/<kind>                   sign-in    no         no         yes        yes
POST /roster/move                            sign-in    no         no         yes        yes
POST /roster/off                             sign-in    no         no         yes        yes
GET  /roster/on-duty                         sign-in    no         yes        yes        yes
POST /roster/presence                        sign-in    no         yes        yes        yes
GET  /roster/print                           sign-in    no         yes        yes        yes
POST /roster/publish                         sign-in    no         no         yes        yes
GET  /roster/settings                        sign-in    no         no         yes        yes
POST /roster/settings/manning                sign-in    no         no         yes        yes
POST /roster/settings/role                   sign-in    no         no         yes        yes
POST /roster/settings/rules                  sign-in    no         no         yes        yes
POST /roster/settings/shift                  sign-in    no         no         yes        yes
GET  /roster/shift                           sign-in    no         yes        yes        yes
GET  /roster/staff                           sign-in    no         yes        yes        yes
GET  /roster/staff/<staff_id>                sign-in    no         yes        yes        yes
POST /roster/staff/<staff_id>/away           sign-in    no         no         yes        yes
POST /roster/staff/<staff_id>/change         sign-in    no         no         yes        yes
POST /roster/staff/<staff_id>/phone          sign-in    no         no         yes        yes
GET  /roster/staff/new                       sign-in    no         no         yes        yes
POST /roster/staff/new                       sign-in    no         no         yes        yes
GET  /runs                                   sign-in    yes        yes        yes        yes
GET  /runs/history                           sign-in    yes        yes        yes        yes
GET  /runs/plans                             sign-in    no         yes        yes        yes
POST /runs/plans                             sign-in    no         no         yes        yes
POST /runs/plans/<plan_id>/stop              sign-in    no         no         yes        yes
GET  /runs/plans/import                      sign-in    no         no         yes        yes
POST /runs/plans/import                      sign-in    no         no         yes        yes
GET  /runs/plans/new                         sign-in    no         no         yes        yes
GET  /session                                yes        yes        yes        yes        yes
POST /session/ended                          sign-in    yes        yes        yes        yes
POST /session/stay                           sign-in    yes        yes        yes        yes
GET  /setup                                  yes        yes        yes        yes        yes
GET  /setup/admin                            yes        yes        yes        yes        yes
POST /setup/admin                            yes        yes        yes        yes        yes
GET  /setup/code                             yes        yes        yes        yes        yes
POST /setup/code                             yes        yes        yes        yes        yes
GET  /setup/done                             sign-in    no         no         no         yes
POST /setup/done                             sign-in    no         no         no         yes
GET  /setup/gates                            sign-in    no         no         no         yes
POST /setup/gates                            sign-in    no         no         no         yes
POST /setup/gates/<gate_id>/bundle           sign-in    no         no         no         yes
POST /setup/gates/done                       sign-in    no         no         no         yes
GET  /setup/operation                        sign-in    no         no         no         yes
POST /setup/operation                        sign-in    no         no         no         yes
GET  /setup/town                             sign-in    no         no         no         yes
POST /setup/town                             sign-in    no         no         no         yes
GET  /shift                                  sign-in    no         yes        yes        yes
GET  /shift/<shift_id>                       sign-in    no         yes        yes        yes
GET  /shift/hand-over                        sign-in    no         yes        yes        yes
POST /shift/hand-over                        sign-in    no         yes        yes        yes
POST /shift/next-officer                     sign-in    no         sign-in    sign-in    sign-in
POST /shift/notes                            sign-in    no         yes        yes        yes
POST /shift/off                              sign-in    no         yes        yes        yes
POST /shift/on                               sign-in    no         yes        yes        yes
GET  /shifts                                 sign-in    no         no         yes        yes
GET  /static/<path:filename>                 yes        yes        yes        yes        yes
GET  /stream                                 sign-in    yes        yes        yes        yes
GET  /tokens                                 sign-in    no         no         no         yes
POST /tokens                                 sign-in    no         no         no         yes
POST /tokens/<token_id>/revoke               sign-in    no         no         no         yes
GET  /vehicle/<vehicle>                      sign-in    yes        yes        yes        yes
POST /vehicle/<vehicle>/block                sign-in    no         yes        yes        yes
POST /vehicle/<vehicle>/note                 sign-in    no         yes        yes        yes
POST /vehicle/<vehicle>/order                sign-in    no         no         yes        yes
POST /vehicle/<vehicle>/unwatch              sign-in    no         no         yes        yes
POST /vehicle/<vehicle>/watch                sign-in    no         no         yes        yes
GET  /vehicle/of-visit/<visit_id>            sign-in    yes        yes        yes        yes
GET  /vehicle/search                         sign-in    yes        yes        yes        yes
POST /vehicle/search                         sign-in    yes        yes        yes        yes
GET  /vehicle/search/<asked>                 sign-in    yes        yes        yes        yes
GET  /villages                               sign-in    yes        yes        yes        yes
GET  /villages/<unit_id>                     sign-in    yes        yes        yes        yes
POST /villages/<unit_id>/check               sign-in    no         yes        yes        yes
POST /villages/<unit_id>/marks               sign-in    no         no         yes        yes
GET  /villages/<unit_id>/marks/<int:mark_id> sign-in    no         no         yes        yes
POST /villages/<unit_id>/marks/<int:mark_id> sign-in    no         no         yes        yes
POST /villages/<unit_id>/move                sign-in    no         no         yes        yes
GET  /villages/<unit_id>/plan/<hash_>        sign-in    yes        yes        yes        yes
GET  /villages/<unit_id>/print               sign-in    yes        yes        yes        yes
POST /villages/<unit_id>/print               sign-in    no         no         yes        yes
POST /villages/plan                          sign-in    no         no         yes        yes
GET  /visits/<visit_id>                      sign-in    yes        yes        yes        yes
POST /visits/<visit_id>/correct              sign-in    no         yes        yes        yes
GET  /visits/<visit_id>/picture              sign-in    no         yes        yes        yes
POST /visits/<visit_id>/picture              sign-in    no         yes        yes        yes
GET  /visits/<visit_id>/picture.jpg          sign-in    no         yes        yes        yes
POST /visits/<visit_id>/unmask               sign-in    no         no         yes        yes
GET  /zero-reports                           sign-in    yes        yes        yes        yes
POST /zero-reports                           sign-in    no         yes        yes        yes
POST /zero-reports/terms                     sign-in    no         no         yes        yes
"""
ROLES: Final = ("nobody", *Role)
Rows = dict[tuple[str, str], dict[str, str]]


def rows(text: str = TABLE) -> Rows:
    """The table: (method, address) -> role -> what is expected."""
    head, *lines = text.strip("\n").splitlines()
    assert tuple(head.split()) == ROLES
    found: Rows = {}
    for line in lines:
        method, address, *cells = line.split()
        assert len(cells) == len(ROLES), f"{line}: expected {len(ROLES)} answers"
        assert set(cells) <= {"yes", "no", "sign-in"}, line
        assert (method, address) not in found, f"{line}: twice"
        found[method, address] = dict(zip(ROLES, cells, strict=True))
    return found


EXPECTED: Final = rows()
ENDING: Final = ("/shift/next-officer", "/logout")
"""Addresses that end the session: they are walked with a session of their own."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = settle_busy(tmp_path_factory.mktemp("roles"))
    yield place
    place.engine.dispose()


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        # who may ask is looked at here; that a form carries a token is looked at elsewhere
        app.config["WTF_CSRF_ENABLED"] = False
        yield app


def of_the_app(app: Flask) -> set[tuple[str, str]]:
    """Every method and address that the app answers."""
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def values(place: Place) -> dict[str, str]:
    """Something that is there for each argument of an address; of others `0`, which is not."""
    return {
        "visit_id": table(place, "visits")[0]["visit_id"],
        "pass_id": table(place, "passes")[0]["id"],
        "conflict_id": table(place, "conflicts")[0]["id"] if table(place, "conflicts") else "0",
        "user_id": place.users[Role.VIEWER],
        "filename": "kakou.css",
    }


def answer(app: Flask, place: Place, role: str, method: str, address: str) -> str:
    """What an address answers somebody of this role, as the table says it."""
    known = values(place)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: known.get(found[1], "0"), address)
    browser = browser_of(app, role) if address not in ENDING else signed_in(app, role)
    got = browser.client.open(path, method=method, buffered=False)
    try:
        if got.status_code == 401 or got.headers.get("Location", "").startswith("/login"):
            return "sign-in"
        return "no" if got.status_code == 403 else "yes"
    finally:
        got.close()


def browser_of(app: Flask, role: str) -> Browser:
    """Somebody of this role, signed in; the same browser for the whole walk."""
    kept: dict[str, Browser] = app.extensions.setdefault("browsers", {})
    if role not in kept:
        kept[role] = signed_in(app, role)
    return kept[role]


def signed_in(app: Flask, role: str) -> Browser:
    """Somebody of this role, signed in just now."""
    return Browser(app, None if role == "nobody" else Role(role))


def test_every_address_stands_in_the_table_and_no_other(app: Flask) -> None:
    there = of_the_app(app)
    missing = sorted(there - EXPECTED.keys(), key=lambda row: (row[1], row[0]))
    ready = "\n".join(f"{method:<5}{address:<40}" + f"{'?':<11}" * len(ROLES) for method, address in missing)
    assert missing == [], f"add these rows to the table; who may open each?\n{ready}"
    assert sorted(EXPECTED.keys() - there) == [], "the app has no such address"


def test_the_table_is_sorted() -> None:
    assert list(EXPECTED) == sorted(EXPECTED, key=lambda row: (row[1], row[0]))


@pytest.mark.parametrize("role", ROLES)
def test_every_role_opens_what_the_table_says_and_nothing_else(app: Flask, town: Place, role: str) -> None:
    there = of_the_app(app)
    found = {row: answer(app, town, role, *row) for row in EXPECTED if row in there}
    assert {row: said for row, said in found.items() if said != EXPECTED[row][role]} == {}


@pytest.mark.parametrize("role", ["nobody", "viewer"])
def test_who_asks_for_the_head_alone_gets_no_further(app: Flask, town: Place, role: str) -> None:
    asked = [row for row in EXPECTED if row[0] == "GET" and row in of_the_app(app)]
    found = {row: answer(app, town, role, "HEAD", row[1]) for row in asked}
    assert {row: said for row, said in found.items() if said != EXPECTED[row][role]} == {}


def test_a_role_may_all_that_the_role_below_it_may() -> None:
    for row, said in EXPECTED.items():
        may = [said[role] != "no" for role in Role]
        assert may == sorted(may), row
