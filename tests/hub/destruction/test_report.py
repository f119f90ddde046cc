"""The signed report says what, when, how many and by whom; each receipt of a gate makes one more version; a changed one is found."""

import json
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from edge.contract.facts import Kind, OrderReceived
from hub.destruction import paper, report
from hub.errors import HubError
from tests.hub.destruction.endings import LATER, WORDS, destroyed
from tests.hub.ledgers import send, table
from tests.hub.towns import Place


def kept(place: Place, id_: str) -> report.Report:
    with place.engine.begin() as connection:
        return report.keep(connection, place.town, id_, LATER + timedelta(days=1))


def answer(place: Place, gate: str) -> None:
    (order,) = [row["id"] for row in table(place, "orders") if row["gate"] == gate]
    detail = "records 12, values 40, pictures 3, vehicles 5, files 1"
    place.gates[gate].keep(Kind.ORDER_RECEIVED, OrderReceived(order=order, result="done", detail=detail), LATER)
    send(place, place.gates[gate])


def test_it_names_both_admins_the_counts_and_what_is_out_of_reach(place: Place) -> None:
    content = kept(place, destroyed(place).id).content
    assert (content["requested"]["name"], content["confirmed"]["name"]) == ("陈静", "周平")
    counts = {each["step"]: each["counts"] for each in content["steps"]}
    assert (counts["said"]["values"], counts["values"]["entries"]) == (25, 7)
    assert {each["gate"]: each["state"] for each in content["gates"]} == dict.fromkeys(
        ("east", "south", "west", "north"), "sent"
    )
    assert "gates_open" in {each["what"] for each in content["unreached"]}
    assert not any(word in json.dumps(content, ensure_ascii=False) for word in WORDS)


def test_a_receipt_makes_another_version_and_nothing_new_makes_none(place: Place) -> None:
    id_ = destroyed(place).id
    assert kept(place, id_).version == 1
    answer(place, "east")
    second = kept(place, id_)
    east = next(each for each in second.content["gates"] if each["gate"] == "east")
    assert (second.version, east["state"]) == (2, "done")
    assert east["counts"] == {"records": 12, "values": 40, "pictures": 3, "vehicles": 5, "files": 1}
    assert kept(place, id_).version == 2


def test_a_report_is_checked_and_a_changed_one_is_refused(place: Place, tmp_path: Path) -> None:
    key = report.key_of(place.town)
    text = kept(place, destroyed(place).id).text(key)
    file = tmp_path / "report.json"
    file.write_text(text, encoding="utf-8")
    assert report.check(file, key).version == 1
    file.write_text(text.replace("陈静", "陈静静"), encoding="utf-8")
    with pytest.raises(HubError, match="it is not what the hub signed"):
        report.check(file, key)
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(HubError, match="not a report of a destruction"):
        report.check(file, key)


def test_another_hubs_report_is_not_this_towns(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(kept(place, destroyed(place).id).text(report.key_of(place.town)), encoding="utf-8")
    with pytest.raises(HubError, match="signed by another hub"):
        report.check(file, "ab" * 32)


@pytest.mark.parametrize(
    ("language", "title"), [("zh", "个人信息销毁报告"), ("en", "Report on the destruction of personal information")]
)
def test_on_paper_it_says_the_same_in_both_languages(place: Place, language: str, title: str) -> None:
    found = kept(place, destroyed(place).id)
    key, zone = report.key_of(place.town), ZoneInfo("Asia/Shanghai")
    data = paper.pdf(found, key, language, zone)
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data))
    assert title in text
    assert "陈静" in text
    assert data == paper.pdf(found, key, language, zone)
