"""Adding and changing rows in the browser: by type, once, with pictures; of two who change a row nothing is lost."""

import re
from io import BytesIO

from flask import Flask
from PIL import Image

from hub.accounts.roles import Role
from hub.registers.rows import RegisterRow
from tests.hub.consoles import Browser, text_of
from tests.hub.ledgers import table
from tests.hub.towns import Place

PATROL = {"v-point": "西山", "v-planned": "2026-03-01T18:00", "v-officer": "王伟"}


def picture() -> bytes:
    image, out = Image.new("RGB", (2400, 1200), "green"), BytesIO()
    place = Image.Exif()
    place[0x010E] = "13800138000"
    image.save(out, "JPEG", exif=place)
    return out.getvalue()


def kept(place: Place, register: str) -> list[dict[str, object]]:
    return [dict(row) for row in table(place, "register_rows") if row["register"] == register]


def test_a_row_is_added_once_however_often_its_form_is_sent(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.OFFICER)
    for _ in range(2):
        assert browser.send("/registers/patrols/new", {**PATROL, "once": "a" * 16}).status_code == 303
    (_, added) = kept(place, "patrols")
    assert '"planned":"2026-03-01T10:00:00.000Z"' in str(added["facts"])


def test_what_is_wrong_is_named_and_what_was_typed_stays(app: Flask) -> None:
    answer = Browser(app, Role.OFFICER).send("/registers/homes/new", {"v-door": "", "v-owner": "张三", "v-length": "x"})
    assert answer.status_code == 400
    page = text_of(answer)
    assert "Expected a whole number." in page
    assert "This field is required." in page
    assert 'value="张三"' in answer.text


def test_more_than_is_in_stock_is_refused(app: Flask) -> None:
    form = {"v-item": "口罩", "v-way": "out", "v-count": "9999"}
    answer = Browser(app, Role.OFFICER).send("/registers/goods/new", form)
    assert answer.status_code == 409
    assert "only 380 in stock" in text_of(answer)


def test_a_masked_value_stays_unless_another_is_typed(app: Flask, place: Place, rows: dict[str, RegisterRow]) -> None:
    browser, address = Browser(app, Role.OFFICER), f"/registers/homes/{rows['home'].id}/change"
    page = browser.open(address).text
    assert "南村镇1号" not in page
    form = {"version": "1", "v-door": "", "v-owner": "王大明", "v-begin": "2026-02-25", "v-length": "14", "unit": "u1"}
    assert browser.send(address, form).status_code == 303
    row = next(row for row in kept(place, "homes") if row["id"] == rows["home"].id)
    assert "南村镇1号" in str(row["private"])
    assert "王大明" in str(row["private"])


def test_who_comes_second_is_told_and_loses_nothing(app: Flask, rows: dict[str, RegisterRow], place: Place) -> None:
    browser, address = Browser(app, Role.OFFICER), f"/registers/faults/{rows['new'].id}/change"
    assert browser.send(address, {"version": "1", "v-what": "照明全灭", "v-until": "2026-03-09"}).status_code == 303
    second = browser.send(address, {"version": "1", "v-what": "灯坏了", "v-until": "2026-03-09"})
    assert second.status_code == 409
    page = text_of(second)
    assert "changed this row in the meantime" in page
    assert "Now it says: 照明全灭" in page
    assert 'value="灯坏了"' in second.text
    version = re.search(r'name="version" value="(\d+)"', second.text)
    assert version
    again = browser.send(address, {"version": version[1], "v-what": "灯坏了", "v-until": "2026-03-09"})
    assert again.status_code == 303
    assert any("灯坏了" in str(row["facts"]) for row in kept(place, "faults"))


def test_a_picture_is_drawn_anew_without_its_particulars_and_shown_to_who_may(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.OFFICER)
    answer = browser.send("/registers/patrols/new", {**PATROL, "v-picture": (BytesIO(picture()), "x.jpg")})
    assert answer.status_code == 303
    (there,) = table(place, "register_pictures")
    assert b"13800138000" not in there["data"]
    with Image.open(BytesIO(there["data"])) as image:
        assert image.size == (2000, 1000)
    shown = browser.open(f"/registers/patrols/pictures/{there['id']}")
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    assert browser.open(f"/registers/goods/pictures/{there['id']}").status_code == 404


def test_what_is_no_picture_is_refused_and_the_rest_stays(app: Flask, place: Place) -> None:
    form = {**PATROL, "v-picture": (BytesIO(b"GIF89a"), "x.jpg")}
    answer = Browser(app, Role.OFFICER).send("/registers/patrols/new", form)
    assert answer.status_code == 400
    assert "expected a PNG or JPEG file" in text_of(answer)
    assert 'value="西山"' in answer.text
    assert len(kept(place, "patrols")) == 1


def test_a_daily_row_names_what_it_belongs_to_by_its_number(
    app: Flask, place: Place, rows: dict[str, RegisterRow]
) -> None:
    browser = Browser(app, Role.OFFICER)
    form = {"parent": "1", "day": "2026-03-02", "v-people": "3"}
    assert browser.send("/registers/home_days/new", form).status_code == 303
    assert kept(place, "home_days")[-1]["parent"] == rows["home"].id
    assert browser.send("/registers/home_days/new", {**form, "parent": "99"}).status_code == 409
    assert browser.send("/registers/home_days/new", form).status_code == 409, "there already"
