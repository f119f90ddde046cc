"""The page of a row: what the reader may see, its steps, its rows below, its history, unmasking and removing."""

import json

from flask import Flask

from hub.accounts.roles import Role
from hub.registers.rows import RegisterRow
from tests.hub.consoles import Browser, text_of
from tests.hub.ledgers import table
from tests.hub.towns import Place


def test_a_row_shows_its_fields_its_rows_below_and_its_history(app: Flask, rows: dict[str, RegisterRow]) -> None:
    page = text_of(Browser(app, Role.OFFICER).open(f"/registers/homes/{rows['home'].id}"))
    assert "Days so far 5" in page
    assert "2026-02-28" in page
    assert "Added 王伟" in page
    assert "南村镇1号" not in page


def test_a_supervisor_looks_behind_the_mask_for_a_reason(
    app: Flask, rows: dict[str, RegisterRow], place: Place
) -> None:
    supervisor, address = Browser(app, Role.SUPERVISOR), f"/registers/homes/{rows['home'].id}"
    assert "南村镇1号" in text_of(supervisor.send(f"{address}/unmask", {"why": "visit"}))
    said = table(place, "audit")[-1]
    assert (said["action"], json.loads(said["detail"])) == ("register row unmasked", {"reason": "visit"})
    assert supervisor.send(f"{address}/unmask", {"why": ""}).status_code == 400
    assert Browser(app, Role.OFFICER).send(f"{address}/unmask", {"why": "x"}).status_code == 403


def test_a_row_is_brought_into_its_next_state_with_what_that_asks_for(app: Flask, rows: dict[str, RegisterRow]) -> None:
    officer, address = Browser(app, Role.OFFICER), f"/registers/faults/{rows['new'].id}"
    page = text_of(officer.open(address))
    assert "Closed" not in page, "it does not follow"
    refused = officer.send(f"{address}/move", {"to": "fixed", "version": "1"})
    assert refused.status_code == 409
    assert "needed for this step" in text_of(refused)
    assert officer.send(f"{address}/move", {"to": "fixed", "version": "1", "v-fix": "new lamp"}).status_code == 303
    assert "New state: Fixed" in text_of(officer.open(address))


def test_who_did_the_step_before_does_not_decide(app: Flask, rows: dict[str, RegisterRow], place: Place) -> None:
    supervisor, address = Browser(app, Role.SUPERVISOR), f"/registers/faults/{rows['new'].id}"
    supervisor.send(f"{address}/move", {"to": "fixed", "version": "1", "v-fix": "new lamp"})
    assert "somebody else must decide it" in text_of(supervisor.open(address))
    assert supervisor.send(f"{address}/move", {"to": "closed", "version": "2"}).status_code == 409
    assert Browser(app, Role.ADMIN).send(f"{address}/move", {"to": "closed", "version": "2"}).status_code == 303
    assert Browser(app, Role.OFFICER).send(f"{address}/move", {"to": "sideways", "version": "3"}).status_code == 400


def test_a_row_is_removed_for_a_reason_and_stands_among_those_removed(app: Flask, rows: dict[str, RegisterRow]) -> None:
    supervisor, address = Browser(app, Role.SUPERVISOR), f"/registers/faults/{rows['old'].id}"
    assert supervisor.send(f"{address}/remove", {"version": "1", "reason": ""}).status_code == 409
    assert supervisor.send(f"{address}/remove", {"version": "1", "reason": "twice"}).status_code == 303
    assert "岗亭" not in text_of(supervisor.open("/registers/faults"))
    assert "岗亭" in text_of(supervisor.open("/registers/faults?removed=y"))
    assert "Removed: twice" in text_of(supervisor.open(address))


def test_a_row_of_another_register_is_not_here(app: Flask, rows: dict[str, RegisterRow]) -> None:
    assert Browser(app, Role.OFFICER).open(f"/registers/goods/{rows['home'].id}").status_code == 404
    assert Browser(app, Role.OFFICER).open(f"/registers/goods/{'9' * 40}").status_code == 404
