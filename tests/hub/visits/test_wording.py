"""CSV for people: headings and values in the reader's language; for machines everything stays a code."""

import csv
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.accounts import store as users
from hub.accounts.roles import Role
from hub.cli import main
from hub.console.labels import LABELS
from hub.console.speaking import speaking
from hub.database.schema import entries, visits
from hub.downlink.signed_lists import readable_policy
from hub.visits import export
from hub.visits.wording import LABELLED, Language, words
from tests.hub.ledgers import send
from tests.hub.towns import NOW, Place

PRIVATE = {"driver": "王伟", "phone": "13812345678", "origin": "平度市南村镇", "destination": "青岛", "purpose": "运菜"}
ZH = {
    "卡口": "东门", "方向": "驶入", "到达时间": "2026-03-01 12:30:00", "结束时间": "2026-03-01 12:30:40", "时钟状态": "时钟已同步", "车牌": "鲁B12345",
    "车辆类别": "居民", "登记方式": "通行证", "判定": "待消毒", "原因": "待消毒", "结果": "已通过", "值班员": "王伟", "消毒": "已消毒", "先行清洗": "否",
    "消毒部位": "轮胎 底盘", "消毒确认方式": "流量传感器",
}  # fmt: skip
EN = {
    "Gate": "East", "Direction": "In", "Arrived": "2026-03-01 12:30:00", "Clock": "Synced", "Vehicle class": "Resident", "Read by": "Pass",
    "Verdict": "Disinfect", "Reason": "Disinfection due", "Outcome": "Passed", "Officer": "王伟", "Disinfected": "Disinfected", "Washed first": "No",
    "Parts": "Tyres Chassis", "Disinfection verified by": "Flow sensor",
}  # fmt: skip


@pytest.fixture
def crossed(place: Place) -> Place:
    place.gates["east"].visit("鲁B12345", NOW, private=PRIVATE)
    send(place, place.gates["east"])
    return place


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


def exported(place: Place, language: Language, what: str = "visits") -> list[dict[str, str]]:
    zone = ZoneInfo("Asia/Shanghai")
    with place.engine.begin() as connection, speaking(language):
        said = words(language, readable_policy(connection, place.town.id), users.names(connection))
        if what == "entries":
            where = export.between(entries, "received_at", town="demo", start=None, end=None, gate=None)
            return rows("".join(export.stream_entries(connection, where, zone=zone, header=language, words=said)))
        where = export.between(visits, "opened_at", town="demo", start=None, end=None, gate=None)
        chunks = export.stream_visits(connection, where, zone=zone, header=language, role=Role.OFFICER, words=said)
        return rows("".join(chunks))


@pytest.mark.parametrize(("language", "expected"), [("zh", ZH), ("en", EN)])
def test_every_value_with_a_word_is_that_word(crossed: Place, language: Language, expected: dict[str, str]) -> None:
    (row,) = exported(crossed, language)
    assert {heading: row[heading] for heading in expected} == expected


def test_what_is_masked_stays_masked(crossed: Place) -> None:
    (row,) = exported(crossed, "zh")
    assert "王伟" not in row["驾驶员"]
    assert "13812345678" not in row["电话"]


def test_entries_speak_too(crossed: Place) -> None:
    kinds = [(row["类型"], row["卡口"]) for row in exported(crossed, "zh", "entries")]
    assert kinds[0] == ("到达并判定", "东门")


def test_every_labelled_column_has_its_words_in_both_languages() -> None:
    for language in ("zh", "en"):
        with speaking(language):
            found = words(language, None, {})
            assert set(LABELLED) <= set(found)
            assert all(found[column].keys() == LABELS[table].keys() for column, table in LABELLED.items())


def test_a_value_that_looks_like_a_formula_is_defused_in_its_words_too(crossed: Place) -> None:
    with crossed.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET name = '=1+1' WHERE login = 'officer'")
    assert exported(crossed, "en")[0]["Officer"] == "'=1+1"


@pytest.mark.parametrize(
    ("header", "words_"), [("zh", "东门,1,驶入,"), ("en", "East,1,In,"), ("machine", "east,1,in,")]
)
def test_the_command_line_writes_the_same(crossed: Place, tmp_path: Path, header: str, words_: str) -> None:
    file = tmp_path / "out.csv"
    assert main(["--data", str(crossed.folder), "export", "--header", header, "--out", str(file)]) == 0
    assert words_ in file.read_text(encoding="utf-8-sig")
