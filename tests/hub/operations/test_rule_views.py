"""The rules edited in the browser: a form for each part, what would change in words, published with a reason, versions, two at once."""

import html
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.console.display import worded
from hub.errors import RefusedError
from hub.operations import rules_file
from hub.operations.editing import MeanwhileError
from hub.operations.rules_file import BadRulesError
from hub.town.operation import Rules
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.towns import Place

RULES, PREVIEW, PUBLISH = "/operation/rules", "/operation/rules/preview", "/operation/rules/publish"


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as made:
        yield made


@pytest.fixture
def admin(app: Flask) -> Browser:
    return Browser(app, Role.ADMIN)


def form_at(browser: Browser, address: str) -> dict[str, object]:
    """What the form of a page would send as it stands."""
    page = browser.open(address).text
    body = page[page.index('action="/operation/rules/p') :]
    body = body[: body.index("</form>")]
    found: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", body):
        name, value = (re.search(rf'{each}="([^"]*)"', tag) for each in ("name", "value"))
        text = html.unescape(value[1]) if value else "y"
        if name and "checkbox" not in tag:
            found[name[1]] = text
        elif name and "checked" in tag:
            before = found.get(name[1])
            found[name[1]] = [*(before if isinstance(before, list) else []), text]
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', body, flags=re.S):
        chosen = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else re.findall(r'value="([^"]*)"', options)[0]
    for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', body, flags=re.S):
        found[name] = html.unescape(text).removeprefix("\n").removeprefix("\r\n")
    return found


def published(browser: Browser, answer_text: str, **values: str) -> int:
    """Sends the form of a preview."""
    hidden = {
        name: html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(base|text|again)" value="([^"]*)"', answer_text)
    }
    return browser.send(PUBLISH, {**hidden, "why": "省级要求", **values}, page=RULES).status_code


@pytest.mark.parametrize(
    "address",
    [f"{RULES}/edit?part={part}" for part in ("head", "classes&number=0", "classes&number=8", "agents&number=0")],
)
def test_a_form_as_it_stands_changes_nothing(admin: Browser, address: str) -> None:
    answer = admin.send(PREVIEW, form_at(admin, address), page=RULES)
    assert answer.status_code == 200, text_of(answer)
    assert "Nothing changes at the gates." in text_of(answer)


def test_a_change_is_said_in_words_before_it_is_made_and_published_with_a_reason(
    place: Place, app: Flask, admin: Browser
) -> None:
    form = form_at(admin, f"{RULES}/edit?part=classes&number=0") | {"disinfection": "off", "gates": ["east", "west"]}
    answer = admin.send(PREVIEW, form, page=RULES)
    text = text_of(answer)
    for part in ("Every gate", "Class · Resident · Disinfection", "Required → Off", "every gate → East, West"):
        assert part in text, part
    assert table(place, "rule_versions") == [], "nothing is written yet"
    reader = Browser(app, Role.ADMIN, "zh")
    theirs = form_at(reader, f"{RULES}/edit?part=classes&number=0") | {"disinfection": "off", "gates": ["east", "west"]}
    chinese = text_of(reader.send(PREVIEW, theirs, page=RULES))
    for part in ("所有卡口 → 东门、西门", "类别 · 居民 · 消毒", "必须 → "):
        assert part in chinese, part
    assert published(admin, answer.text, why="") == 409
    assert published(admin, answer.text) == 302
    assert table(place, "rule_versions")[-1]["why"] == "省级要求"
    assert rules_file.text_now(place.town).count('gates = ["east", "west"]') == 2, "one of them is a comment"


def test_a_new_class_agent_travel_time_and_field_are_added(place: Place, admin: Browser) -> None:
    new: dict[str, dict[str, object]] = {
        "classes": {
            "number": "20", "id": "press", "zh": "媒体", "en": "Press", "disinfection": "optional", "contact_seconds": "0",
            "default_days": "1", "most_days": "7", "anti_passback": "off", "colour": "#123456", "mark": "star",
        },
        "agents": {"id": "ozone", "zh": "臭氧", "en": "Ozone", "concentration": "1 %", "shelf_hours": "2"},
        "travel": {"first": "east", "second": "west", "least_minutes": "6.5"},
        "fields": {"id": "x_owner", "zh": "货主", "en": "Owner", "mask": "name", "keys": "letters", "choices": "甲 | A\n乙"},
    }  # fmt: skip
    for part, values in new.items():
        form = form_at(admin, f"{RULES}/edit?part={part}&number=new") | values
        answer = admin.send(PREVIEW, form, page=RULES)
        assert answer.status_code == 200, text_of(answer)
        assert published(admin, answer.text) == 302
    text = text_of(admin.open(RULES))
    for word in ("Press", "Ozone", "East – West", "Owner"):
        assert word in text
    rules = Rules.load(place.folder)
    assert [each.zh for each in rules.fields[0].choices] == ["甲", "乙"]


def test_a_class_is_removed_after_a_preview(place: Place, admin: Browser) -> None:
    form = form_at(admin, f"{RULES}/edit?part=classes&number=8") | {"remove": "1"}
    answer = admin.send(PREVIEW, form, page=RULES)
    assert "Class · Visitor" in text_of(answer)
    assert published(admin, answer.text) == 302
    assert Rules.load(place.folder).class_named("visitor") is None


@pytest.mark.parametrize(
    ("address", "changes", "words"),
    [
        ("classes&number=0", {"default_days": "999"}, "expected at most most_days, 366"),
        ("classes&number=0", {"colour": "red"}, "expected a text of the shape"),
        ("classes&number=0", {"default_days": "many"}, "Not a valid float value"),
        ("classes&number=0", {"gates": ["moon"]}, "moon"),
        ("agents&number=0", {"id": "no blank"}, "expected a text of the shape"),
        ("head", {"turn_back": "no_pass | 无"}, "Line 1: expected code | Chinese | English"),
        ("head", {"overrides": ""}, "Fill this in."),
        ("head", {"province": "X"}, "expected a text of the shape"),
        ("head", {"stale_hours": "-1"}, "expected more than 0"),
    ],
)
def test_what_does_not_hold_is_refused_with_what_was_expected(
    place: Place, admin: Browser, address: str, changes: dict[str, object], words: str
) -> None:
    before = rules_file.text_now(place.town)
    answer = admin.send(PREVIEW, form_at(admin, f"{RULES}/edit?part={address}") | changes, page=RULES)
    assert answer.status_code == 400
    assert words in text_of(answer), text_of(answer)
    assert rules_file.text_now(place.town) == before


def test_the_whole_file_is_edited_and_a_fault_in_it_has_its_line(place: Place, admin: Browser) -> None:
    form = form_at(admin, f"{RULES}/edit?part=text")
    text = rules_file.text_now(place.town)
    assert form["text"] == text
    bad = admin.send(PREVIEW, {**form, "text": text.replace("stale_hours = 24", "stale_hours = -24")}, page=RULES)
    assert bad.status_code == 400
    line = next(number for number, each in enumerate(text.splitlines(), start=1) if each.startswith("stale_hours"))
    assert f"operation.toml:{line}, key stale_hours: expected more than 0, found -24" in text_of(bad)
    assert "stale_hours = -24" in bad.text, "what was typed is not lost"
    toml = admin.send(PREVIEW, {**form, "text": text.replace('id = "op-1"', "id = op-1")}, page=RULES)
    assert "not TOML" in text_of(toml)
    period = admin.send(PREVIEW, {**form, "text": text.replace('id = "op-1"', 'id = "op-9"')}, page=RULES)
    assert "the period is changed by a decision" in text_of(period)
    good = admin.send(PREVIEW, {**form, "text": text.replace("stale_hours = 24", "stale_hours = 6")}, page=RULES)
    assert "24 → 6" in text_of(good)
    assert published(admin, good.text) == 302
    assert "stale_hours = 6" in rules_file.text_now(place.town)


def test_of_two_admins_the_second_changes_nothing_and_is_shown_what_changed(
    place: Place, app: Flask, admin: Browser
) -> None:
    other = Browser(app, Role.ADMIN)
    mine = form_at(admin, f"{RULES}/edit?part=classes&number=0") | {"disinfection": "off"}
    previewed = admin.send(PREVIEW, mine, page=RULES)
    theirs = form_at(other, f"{RULES}/edit?part=classes&number=1") | {"default_days": "7"}
    assert published(other, other.send(PREVIEW, theirs, page=RULES).text) == 302
    now = rules_file.text_now(place.town)
    hidden = dict(re.findall(r'<input type="hidden" name="(base|text)" value="([^"]*)"', previewed.text))
    answer = admin.send(PUBLISH, {**{k: html.unescape(v) for k, v in hidden.items()}, "why": "x"}, page=RULES)
    assert answer.status_code == 409
    text = text_of(answer)
    for part in (
        "Nothing was changed by it",
        "Class · Village duty · Days a pass is valid",
        "90 → 7",
        "What your form would have changed",
        "Required → Off",
    ):
        assert part in text, part
    assert rules_file.text_now(place.town) == now
    late = admin.send(PREVIEW, mine, page=RULES)
    assert late.status_code == 409
    assert "90 → 7" in text_of(late)


def test_a_version_is_shown_signed_and_published_again(place: Place, app: Flask, admin: Browser) -> None:
    form = form_at(admin, f"{RULES}/edit?part=classes&number=0") | {"disinfection": "off"}
    assert published(admin, admin.send(PREVIEW, form, page=RULES).text) == 302
    listed = text_of(admin.open(RULES))
    assert "省级要求" in listed
    assert "holds" in listed
    shown = text_of(admin.open(f"{RULES}/versions/2"))
    assert "Signed by the hub" in shown
    assert "Required → Off" in shown
    officer = Browser(app, Role.OFFICER)
    assert officer.open(f"{RULES}/versions/1").status_code == 200
    assert "Publish this version again" not in text_of(officer.open(f"{RULES}/versions/1"))
    hidden = dict(
        re.findall(
            r'<input type="hidden" name="(part|number|base)" value="([^"]*)"', admin.open(f"{RULES}/versions/1").text
        )
    )
    answer = admin.send(PREVIEW, hidden, page=RULES)
    assert "Off → Required" in text_of(answer)
    assert published(admin, answer.text) == 302
    assert "version 1 again" in text_of(admin.open(RULES))
    for number in (0, 99, 2**40):
        assert admin.open(f"{RULES}/versions/{number}").status_code == 404


def test_a_hand_edit_is_shown_until_it_is_published(place: Place, admin: Browser) -> None:
    form = form_at(admin, f"{RULES}/edit?part=classes&number=0") | {"disinfection": "off"}
    assert published(admin, admin.send(PREVIEW, form, page=RULES).text) == 302
    file = place.folder / "operation.toml"
    file.write_text(file.read_text("utf-8").replace("stale_hours = 24", "stale_hours = 3"), "utf-8")
    text = text_of(admin.open(RULES))
    assert "was edited by hand since the newest version" in text
    assert "24 → 3" in text


@pytest.mark.parametrize(
    "address", ["?part=nothing", "?part=classes&number=99", "?part=classes", "?part=classes&number=x"]
)
def test_a_part_that_there_is_none_of_is_not_found(admin: Browser, address: str) -> None:
    assert admin.open(f"{RULES}/edit{address}").status_code == 404


def test_what_rules_lack_is_said_in_chinese_wherever_it_is_refused(app: Flask) -> None:
    """`BadRulesError` and `MeanwhileError` as any page shows a refusal, not only the pages of rules."""
    with app.test_request_context("/", headers={"Cookie": "lang=zh"}):
        bad = worded(BadRulesError(rules_file.Fault(7, "classes.0.priority: input should be a valid boolean")).words)
        nowhere = worded(BadRulesError(rules_file.Fault(None, "classes: missing")).words)
        meanwhile = worded(MeanwhileError(None).words)
    for words in (bad, nowhere, meanwhile):
        assert not re.search(r"[a-z]{4,} [a-z]{2,}", words), words
    assert "第 7 行" in bad
    assert "classes.0.priority" in bad


def test_a_file_that_cannot_be_used_is_said_in_chinese_where_an_operation_is_changed(place: Place, app: Flask) -> None:
    (place.folder / "operation.toml").write_text("id = 3\n", encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        rules_file.holding_text(place.town)
    with app.test_request_context("/", headers={"Cookie": "lang=zh"}):
        words = worded(refused.value.words)
    assert words.startswith("operation.toml 这样无法使用：")
    assert "expected" not in words
