"""What a page's form refuses is said in the reader's language: every refusal that a view can reach is walked, and many are met.

The walk reads the code with `ast`: from every view along every call of the project, by names; where several methods bear a
name it follows all of them, so that it rather reaches too much.
"""

import ast
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from edge.contract.records import wall_text
from hub import cli
from hub.accounts.roles import Role
from hub.alerts import store as alerts
from hub.console.assets import icon
from hub.console.display import worded
from hub.errors import RefusedError, Words
from hub.ledger.received import Quarantined
from hub.passes.issue import block_pass
from hub.passes.terms import Unfit
from scripts import translations
from tests.hub.alerts.test_store import raise_alert
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import batch_of, read, send, table, take
from tests.hub.orders.test_store import order
from tests.hub.passes.test_views import issue, list_form
from tests.hub.towns import NOW, Place
from tests.test_architecture import MODULES

Name = tuple[str, str]
"""A module and a function of it, or a method as `Class.method`."""

AILING = frozenset(
    {
        ("hub.town.settings", "Settings.load"),
        ("hub.town.settings", "Settings.of"),
        ("hub.town.operation", "Rules.load"),
        ("hub.town.operation", "Rules.of_text"),
        ("hub.town.operation_file", "content"),
        ("hub.town.operation_file", "text"),
        ("hub.town.town", "Town.open"),
        ("hub.town.secret_files", "read_seed"),
        ("hub.town.secret_files", "write_secret"),
        ("hub.ledger.head", "read_ledger"),
        ("hub.database.engine", "_engine"),
        ("hub.backup.key", "find"),
        ("hub.reports.content", "Inputs.of"),
    }
)
"""Where the hub's own files or database fail it: no refusal, and nothing for a page. It answers 500, and the log has the line."""

NO_PAGE = frozenset(
    {
        ("hub.backup.age", "EncryptedFile.write"),
        ("hub.backup.age", "Passphrase.parse"),
        ("hub.backup.age", "Recipient.parse"),
        ("hub.backup.age", "SecretKey.parse"),
        ("hub.backup.archive", "ArchiveReader._header"),
        ("hub.backup.archive", "ArchiveReader._take"),
        ("hub.backup.archive", "ArchiveReader.next"),
        ("hub.backup.manifest", "Manifest.parse"),
    }
)
"""What the walk finds by names that many things bear (parse, write, take): backups are of the command line, no page makes or reads one."""

ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,;:]+[A-Za-z]{2,}){2,}")
"""Three words in a row are a sentence; a name, a unit or a file's kind is not."""
COMMAND = re.compile(r"kakou-hub [a-z]+ [a-z]+|systemctl [a-z]+ [a-z-]+|apt-get install [a-z-]+|UTF-8|GB 18030")
"""What is typed, and called, alike in every language."""
HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Code:
    """The hub's functions, what each name in a module means, and who has a method of a name."""

    functions: dict[Name, ast.FunctionDef]
    names: dict[str, dict[str, str | Name]]
    methods: dict[str, list[Name]]

    def called(self, name: Name) -> Iterator[Name]:
        """Every function that this one names."""
        here = self.names[name[0]]
        for node in ast.walk(self.functions[name]):
            if isinstance(node, ast.Name) and isinstance(meant := here.get(node.id), tuple):
                yield from (each for each in (meant, (meant[0], f"{meant[1]}.__init__")) if each in self.functions)
            elif isinstance(node, ast.Attribute):
                module = here.get(node.value.id) if isinstance(node.value, ast.Name) else None
                if not isinstance(module, str):
                    yield from self.methods.get(node.attr, ())
                elif (module, node.attr) in self.functions:
                    yield module, node.attr


@cache
def code() -> Code:
    found = Code({}, {}, {})
    for module, path in MODULES.items():
        if module.split(".")[0] != "hub":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        here = found.names.setdefault(module, {})
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for imported in node.names:
                    whole = f"{node.module}.{imported.name}"
                    here[imported.asname or imported.name] = whole if whole in MODULES else (node.module, imported.name)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                found.functions[module, node.name] = node
                here[node.name] = (module, node.name)
            elif isinstance(node, ast.ClassDef):
                here[node.name] = (module, node.name)
                for each in node.body:
                    if isinstance(each, ast.FunctionDef):
                        name = module, f"{node.name}.{each.name}"
                        found.functions[name] = each
                        found.methods.setdefault(each.name, []).append(name)
    return found


def of_views(module: str) -> bool:
    return "views" in module.split(".")


@cache
def reached() -> frozenset[Name]:
    """Every function that a view can come to."""
    ahead = [name for name in code().functions if of_views(name[0])]
    seen: set[Name] = set()
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += code().called(name)
    return frozenset(seen)


def calls(name: Name, *wanted: str) -> Iterator[ast.Call]:
    for node in ast.walk(code().functions[name]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in wanted:
            yield node


def lines() -> list[tuple[str, tuple[str, ...]]]:
    """The text and the values' names of every refusal that the hub's code holds, reached or not."""
    found = []
    for name in sorted(code().functions):
        for call in calls(name, "RefusedError", "Words"):
            if isinstance(call.args[0], ast.Constant):
                found.append((str(call.args[0].value), tuple(str(each.arg) for each in call.keywords)))
    return found


def test_the_walk_comes_as_far_as_a_form_does() -> None:
    assert {
        ("hub.passes.passlist", "watch_plate"),
        ("hub.passes.watchlist", "_plate"),
        ("hub.passes.changes", "_not_revoked"),
        ("hub.passes.importing.headings", "heading"),
        ("hub.passes.sheet.workbook", "read_workbook"),
        ("hub.passes.terms", "_end"),
        ("hub.passes.keys", "signing_key"),
        ("hub.conflicts.store", "settle"),
        ("hub.alerts.store", "acknowledge"),
        ("hub.orders.store", "send"),
        ("hub.quarantine.settle", "_let_in"),
        ("hub.downlink.signed_lists", "publish"),
    } <= reached()
    assert ("hub.gates.store", "retire") not in reached(), "no page retires a gate"
    assert len(lines()) > 60


def test_what_a_form_can_meet_is_a_refusal_with_words() -> None:
    bare = {name for name in reached() if any(calls(name, "HubError"))}
    assert bare <= AILING | NO_PAGE, "a line without words is raised where a page can meet it: RefusedError has them"


def test_the_words_of_a_refusal_stand_in_the_code_as_they_are_translated() -> None:
    composed = [
        ast.unparse(call)
        for name in code().functions
        for call in calls(name, "RefusedError", "Words")
        # a refusal that comes out of the process which reads lists is one of the code's own, word for word
        if name[0] not in ("hub.errors", "hub.passes.confined", "hub.registers.importing.run")
        and not isinstance(call.args[0], ast.Constant)
    ]
    assert composed == [], "a composed text is in no translation: values go by name"


def test_no_view_knows_a_line_that_has_no_words() -> None:
    for module in sorted(MODULES):
        if of_views(module) or module == "hub.web.app":
            named = {node.id for node in ast.walk(ast.parse(MODULES[module].read_text())) if isinstance(node, ast.Name)}
            assert "HubError" not in named, module


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


def in_language(app: Flask, language: str, words: Words) -> str:
    with app.test_request_context(headers={"Cookie": f"lang={language}"}):
        return worded(words)


def test_every_refusal_is_said_in_chinese_and_in_english(app: Flask) -> None:
    values = {
        "at": wall_text(NOW),
        "start": wall_text(NOW),
        "list": "passlist",
        "column": "plate",
        "order_state": "done",
    }
    for text, names in lines():
        words = Words(text, **{name: values.get(name, "7") for name in names})
        chinese, english = in_language(app, "zh", words), in_language(app, "en", words)
        assert HAN.search(chinese) or text in (
            "%(file)s: %(wrong)s",
            "%(count)s %(what)s",
            "operation.toml: %(rule)s",
        ), text
        assert not ENGLISH.search(COMMAND.sub("", chinese)), chinese
        assert not HAN.search(english), english
        assert "%" not in chinese + english


def test_every_refusal_is_read_into_the_translations() -> None:
    assert {text for text, _names in lines()} <= set(translations.HUB.messages())


def test_a_value_is_said_as_its_name_says(app: Flask) -> None:
    words = Words("pass %(id)s: blocked already, at %(at)s", id="ab12", at=wall_text(NOW))
    assert str(words) == "pass ab12: blocked already, at 2026-03-01T04:30:00.000Z"
    assert in_language(app, "en", words) == "pass ab12: blocked already, at 2026-03-01 12:30:00"
    assert in_language(app, "zh", words) == "通行证 ab12 此前已冻结（2026-03-01 12:30:00）"
    closed = Words(
        "class %(vehicle_class)s may not use it (may use: %(gates)s)", vehicle_class="visitor", gates=("east", "west")
    )
    unfit = Unfit("gates", "north", closed)
    assert str(unfit) == "gates 'north': class visitor may not use it (may use: east, west)"
    assert in_language(app, "zh", unfit.words) == "卡口“north”：外来不准走此卡口（可走：东门、西门）"
    assert in_language(app, "en", closed) == "class Visitor may not use it (may use: East, West)"


def test_a_percent_sign_in_a_value_is_a_percent_sign(app: Flask) -> None:
    refused = RefusedError("pass %(id)r: there is no such pass", id="100%s")
    assert str(refused) == "pass '100%s': there is no such pass"
    assert in_language(app, "zh", refused.words) == "没有通行证“100%s”"


Meeting = Callable[[Place, Browser], TestResponse]
"""Somebody at a browser asks for what is refused; the page that says so."""


def blocked_twice(place: Place, browser: Browser) -> TestResponse:
    id_ = issue(place).id
    browser.send(f"/passes/{id_}/block", {"reason": "核实"})
    return browser.send(f"/passes/{id_}/block", {"reason": "核实"})


def unblocked_unasked(place: Place, browser: Browser) -> TestResponse:
    return browser.send(f"/passes/{issue(place).id}/unblock", {"reason": "无误"})


def renewed_while_blocked(place: Place, browser: Browser) -> TestResponse:
    id_ = issue(place).id
    browser.send(f"/passes/{id_}/block", {"reason": "核实"})
    return browser.send(f"/passes/{id_}/renew", {"expires": ""})


def renewed_for_too_long(place: Place, browser: Browser) -> TestResponse:
    return browser.send(f"/passes/{issue(place, vehicle_class='transit').id}/renew", {"expires": "2026-04-01T00:00"})


def replaced_after_its_end(place: Place, browser: Browser) -> TestResponse:
    id_ = issue(place, vehicle_class="transit", days=-9).id
    return browser.send(f"/passes/{id_}/replace", {"reason": "遗失"})


def issued_without_a_key(place: Place, browser: Browser) -> TestResponse:
    (place.folder / "keys" / "pass.key").unlink()
    form = {"plate": "鲁B77777", "vehicle_class": "transit", "not_before": "2026-03-01T12:00", "expires": ""}
    return browser.send("/passes/new", form)


def key_that_signs_revoked(place: Place, browser: Browser) -> TestResponse:
    return browser.send("/passes/keys/revoke", {"kid": issue(place).kid, "reason": "泄露"})


def printed_on_unknown_paper(place: Place, browser: Browser) -> TestResponse:
    return browser.open(f"/passes/{issue(place).id}/card.pdf?size=a4")


def nothing_printed(place: Place, browser: Browser) -> TestResponse:
    return browser.open("/passes/cards.pdf?search=ZZZ")


def strange_plate_watched(place: Place, browser: Browser) -> TestResponse:
    return browser.send("/passes/watched", {"plate": "鲁\ue000B1", "notify": "y", "why": "x"})


def list_without_a_plate(place: Place, browser: Browser) -> TestResponse:
    return browser.send("/passes/import", list_form("类别\n居民\n", "a.csv"))


def list_that_is_none(place: Place, browser: Browser) -> TestResponse:
    return browser.send("/passes/import", {"list": (io.BytesIO(b"PK\x03\x04" + b"\0" * 99), "a.xlsx")})


def list_gone_bad_since(place: Place, browser: Browser) -> TestResponse:
    seen = browser.send(
        "/passes/import", list_form("车牌,类别,申请编号\n鲁B11111,居民,A-1\n鲁B22222,居民,A-2\n", "a.csv")
    ).text
    browser.send("/passes/import", list_form("车牌,类别,申请编号\n鲁B99999,过境,A-1\n鲁B88888,过境,A-2\n", "b.csv"))
    other = browser.send(
        "/passes/import", list_form("车牌,类别,申请编号\n鲁B99999,过境,A-1\n鲁B88888,过境,A-2\n", "b.csv")
    ).text
    for page, name in ((other, "b.csv"), (seen, "a.csv")):
        kept = re.search(r'name="kept" value="([^"]+)"', page)
        assert kept
        answer = browser.send("/passes/import", {"kept": kept[1], "name": name})
    return answer


def alert_acknowledged_twice(place: Place, browser: Browser) -> TestResponse:
    id_ = raise_alert(place)
    with place.engine.begin() as connection:
        alerts.acknowledge(connection, town="demo", id_=id_, by="u-1", comment="x", now=NOW)
    browser.send(f"/alerts/{id_}/acknowledge", {"comment": "已查"})
    return browser.open("/alerts")


def order_taken_back_twice(place: Place, browser: Browser) -> TestResponse:
    (id_,) = order(place)
    for _ in range(2):
        browser.send(f"/orders/{id_}/cancel", {"reason": "not needed"})
        answer = browser.open("/orders")
    return answer


def message_judged_twice(place: Place, browser: Browser) -> TestResponse:
    take(place, Quarantined("kakou/v1/east/records", "east", "not JSON", b"x"))
    for _ in range(2):
        browser.send("/quarantine/1/judge", {"outcome": "dismiss", "reason": "误发"})
        answer = browser.open("/quarantine")
    return answer


def message_of_nobody_let_in(place: Place, browser: Browser) -> TestResponse:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    take(place, read(place, "nowhere", gate.batch().encode()))
    browser.send("/quarantine/1/judge", {"outcome": "release", "reason": "核实"})
    return browser.open("/quarantine")


def fork_let_in(place: Place, browser: Browser) -> TestResponse:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    send(place, gate)
    twin = type(gate)(gate.town, gate.id, gate.key, gate.epoch)
    twin.visit("鲁B99999", NOW)
    take(place, read(place, "east", batch_of(twin, twin.sealed, 3).encode()))
    browser.send("/quarantine/1/judge", {"outcome": "release", "reason": "核实"})
    return browser.open("/quarantine")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("meet", "role", "zh", "en"),
    [
        (blocked_twice, Role.OFFICER, "此前已冻结（2026-03-01 12:30:00）", "blocked already, at 2026-03-01 12:30:00"),
        (unblocked_unasked, Role.OFFICER, "未被冻结", "it is not blocked"),
        (renewed_while_blocked, Role.OFFICER, "已冻结（核实），请先解冻", "it is blocked (核实); unblock it first"),
        (renewed_for_too_long, Role.OFFICER, "最长有效 3 天", "A pass of class Transit is valid for 3 days at most."),
        (replaced_after_its_end, Role.SUPERVISOR, "过期，请改为续期", "renew it instead"),
        (issued_without_a_key, Role.OFFICER, "中没有签发密钥", "which signs passes, is not there"),
        (key_that_signs_revoked, Role.ADMIN, "正用于签发，请先更换", "it signs new passes; rotate first"),
        (printed_on_unknown_paper, Role.OFFICER, "没有尺寸“a4”", "size 'a4': expected id1 or id2"),
        (nothing_printed, Role.OFFICER, "没有可打印的通行证", "there is no pass to print"),
        (strange_plate_watched, Role.SUPERVISOR, "应为 1 至 16 个字符", "expected 1 to 16 characters"),
        (
            list_without_a_plate,
            Role.SUPERVISOR,
            "a.csv：前 20 行没有“plate”（或“车牌”）一栏",
            "no column 'plate' (or '车牌')",
        ),
        (list_that_is_none, Role.SUPERVISOR, "不是可读取的 .xlsx 工作簿", "not an .xlsx workbook that can be read"),
        (
            list_gone_bad_since,
            Role.SUPERVISOR,
            "a.csv：第 2 行，申请编号“A-1”：已签发通行证",
            "a.csv: row 2, 申请编号 'A-1'",
        ),
        (alert_acknowledged_twice, Role.OFFICER, "不存在，或已被确认", "acknowledged already"),
        (
            message_judged_twice,
            Role.SUPERVISOR,
            "未作改动：待核报文 1 此前已由 李芳 处理（2026-03-01 12:30:00）：已驳回",
            "Nothing was changed: quarantine 1: Dismissed already, 2026-03-01 12:30:00 by 李芳",
        ),
        (
            message_of_nobody_let_in,
            Role.SUPERVISOR,
            "未作改动：待核报文 1：来自 nowhere，不是本镇的卡口",
            "Nothing was changed: quarantine 1: From nowhere, which is no gate of this town",
        ),
        (fork_let_in, Role.SUPERVISOR, "没有自己的位置，只能驳回", "it can only be dismissed"),
        (order_taken_back_twice, Role.SUPERVISOR, "的状态已是“已撤回”", "Taken back already"),
    ],
)
def test_a_refused_form_says_why_in_the_readers_language(
    app: Flask, place: Place, language: str, meet: Meeting, role: Role, zh: str, en: str
) -> None:
    shown = text_of(meet(place, Browser(app, role, language)))
    assert {"zh": zh, "en": en}[language] in shown
    if language == "zh":
        # the hub's folder, and a quarantined message's own line, which stands beside its cause as evidence
        for evidence in (str(place.folder), *(str(row["why"]) for row in table(place, "quarantine"))):
            shown = shown.replace(evidence, "")
        assert not ENGLISH.search(COMMAND.sub("", shown)), shown


@pytest.mark.parametrize("meet", [alert_acknowledged_twice, order_taken_back_twice, message_judged_twice])
def test_a_refusal_bears_no_tick(app: Flask, place: Place, meet: Meeting) -> None:
    page = meet(place, Browser(app, Role.SUPERVISOR)).text
    (told,) = re.findall(r'<p class="wrong wrong-box" role="alert">(.*?)<span>([^<]*)</span>', page, re.S)
    assert told[0] == icon("exclamation-triangle-fill")
    assert "already" in told[1]


def test_a_refusal_that_no_view_awaits_is_a_page_of_its_own(
    app: Flask, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise RefusedError("watch list: holds %(count)s plates already, remove some", count=3)

    monkeypatch.setattr("hub.orders.store.send", full)
    form = {"to": ["east"], "zh": "收队", "en": "", "hours": "12"}
    answer = Browser(app, Role.SUPERVISOR, "zh").send("/orders", form, page="/orders")
    assert answer.status_code == 409
    assert "布控名单已有 3 个车牌，请先撤控一些" in text_of(answer)


def test_a_hub_that_fails_itself_says_no_more_than_that(app: Flask, place: Place) -> None:
    (place.folder / "keys" / "pass.key").write_text("no key\n")
    form = {"plate": "鲁B77777", "vehicle_class": "transit", "not_before": "2026-03-01T12:00", "expires": ""}
    answer = Browser(app, Role.OFFICER, "zh").send("/passes/new", form)
    assert answer.status_code == 500
    assert "pass.key" not in text_of(answer)
    assert not ENGLISH.search(text_of(answer))


def test_the_command_line_keeps_its_english_line(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    id_ = issue(place).id
    here = ["--data", str(place.folder), "pass"]
    with place.engine.begin() as connection:
        block_pass(place.town, connection, id_, by="cli", reason="x", now=NOW - timedelta(hours=1))
    assert cli.main([*here, "block", id_, "--reason", "again"]) == 1
    assert capsys.readouterr().err == f"kakou-hub: pass {id_}: blocked already, at 2026-03-01T11:30:00+08:00\n"
