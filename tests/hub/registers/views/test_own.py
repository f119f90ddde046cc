"""Registers of one's own: looked at, added, asked or not, declared anew, closed; of two admins the second changes nothing."""

import re

from flask import Flask

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, text_of
from tests.hub.ledgers import table
from tests.hub.towns import Place

OWN = """id = "dogs"
zh = "犬只"
en = "Dogs"
[[fields]]
id = "name"
zh = "名字"
en = "Name"
type = "text"
[[fields]]
id = "keeper"
zh = "饲养人"
en = "Keeper"
type = "name"
personal = true
slot = true
"""


def admin(app: Flask) -> Browser:
    return Browser(app, Role.ADMIN)


def test_a_text_is_looked_at_and_then_a_whole_register(app: Flask, place: Place) -> None:
    browser = admin(app)
    looked = browser.send("/registers/own", {"text": OWN})
    assert "Add Dogs" in text_of(looked)
    assert not [row for row in table(place, "registers") if row["id"] == "dogs"]
    assert browser.send("/registers/own", {"text": OWN, "add": "1"}).status_code == 303
    assert "Dogs" in text_of(browser.open("/registers"))
    assert browser.send("/registers/dogs/new", {"v-name": "旺财"}).status_code == 303
    assert "旺财" in text_of(browser.open("/registers/dogs?search=财"))


def test_a_fault_of_the_text_is_one_line_and_the_text_stays(app: Flask) -> None:
    answer = admin(app).send("/registers/own", {"text": OWN.replace('"text"', '"dog"')})
    assert answer.status_code == 400
    assert "fields.1.type" in text_of(answer)
    assert "饲养人" in answer.text
    assert admin(app).send("/registers/own", {"text": OWN.replace('"dogs"', '"own"')}).status_code == 400


def test_a_template_is_shown_with_its_form(app: Flask) -> None:
    assert "Closed" not in text_of(admin(app).open("/registers/own"))
    assert admin(app).open("/registers/own?template=patrols").status_code == 200


def test_what_the_town_chooses_is_kept_and_a_second_admin_is_told(app: Flask, place: Place) -> None:
    browser = admin(app)
    browser.send("/registers/own", {"text": OWN, "add": "1"})
    page = browser.open("/registers/own/dogs").text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    form = {
        "version": version[1],
        "ask-name": "1",
        "zh-keeper": "主人",
        "en-keeper": "Owner",
        "end": "archive",
        "keep_days": "30",
    }
    assert browser.send("/registers/own/dogs/choose", form).status_code == 303
    (row,) = [row for row in table(place, "registers") if row["id"] == "dogs"]
    assert '"keeper":false' in row["settings"]
    assert "主人" in row["settings"]
    assert '"archive"' in row["settings"]
    assert "主人" not in Browser(app, Role.OFFICER, language="zh").open("/registers/dogs/new").text
    assert browser.send("/registers/own/dogs/choose", form).status_code == 409


def test_a_register_is_declared_anew_and_closed(app: Flask) -> None:
    browser = admin(app)
    browser.send("/registers/own", {"text": OWN, "add": "1"})
    more = OWN + '[[fields]]\nid = "age"\nzh = "年龄"\nen = "Age"\ntype = "count"\n'
    assert browser.send("/registers/own/dogs/declare", {"version": "1", "text": more}).status_code == 303
    assert "Age" in text_of(browser.open("/registers/dogs/new"))
    assert browser.send("/registers/own/dogs/close", {"version": "2", "reason": "no dogs"}).status_code == 303
    assert "is closed" in text_of(browser.open("/registers/dogs"))
    assert browser.send("/registers/dogs/new", {"v-name": "旺财"}).status_code == 409


def test_a_field_of_an_unknown_type_is_one_line_and_no_register(app: Flask, place: Place) -> None:
    before = table(place, "registers")
    page = admin(app).send("/registers/own", {"text": OWN.replace('type = "name"', 'type = "nam"'), "add": "1"})
    assert page.status_code == 400
    (line,) = [each for each in page.text.splitlines() if "&#39;nam&#39;" in each and "found" in each]
    assert "fields.2.type" in line
    assert table(place, "registers") == before
