"""What lies in quarantine and what an alert adds are said in the reader's language; the technical line stays beside it."""

import json
from datetime import timedelta

import pytest

from edge.contract.records import chain_hash
from hub.accounts.roles import Role
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.ledger.append import append
from hub.ledger.intake import read_records
from hub.ledger.sent_ahead import left_aside
from hub.quarantine.preview import Crossing, crossings
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import batch_of, journal, read, table, take
from tests.hub.towns import NOW, Gate, Place

UNREADABLE = "无法读懂的消息"


def three_visits(place: Place, gate: str) -> Gate:
    """A journal of its own with three visits of three records."""
    made = journal(place.town, gate, epoch="cd" * 16)
    for number in range(3):
        made.visit(f"鲁B7777{number}", NOW + timedelta(minutes=number), direction="out" if number == 2 else "in")
    return made


def hold_aside(place: Place) -> None:
    """What a card of south had sent ahead before it died."""
    card = three_visits(place, "south")
    take(place, read(place, "south", batch_of(card, card.sealed[3:], 9).model_copy(update={"live": True}).encode()))
    with place.engine.begin() as connection:
        left = left_aside(connection, place.town.id, "south", "ab" * 16)
        append(connection, town=place.town.id, arrived=left, key=place.town.key, now=NOW)


def quarantine_of_every_cause(place: Place) -> None:
    """A message for every cause that the hub itself finds, but that it fails at one."""
    hold_aside(place)
    gate = three_visits(place, "east")
    good = batch_of(gate, gate.sealed, 9)
    take(place, read(place, "east", good.encode()))
    twin = journal(place.town, "east", epoch="cd" * 16)
    twin.visit("鲁B99999", NOW)
    take(place, read(place, "east", batch_of(twin, twin.sealed[:1], 1).encode()))
    torn = batch_of(gate, [gate.sealed[0], gate.sealed[2]], 2)
    liar = gate.sealed[0].model_copy(update={"private": {"plate": ("00" * 16, "鲁B00000")}})
    other = journal(place.town, "west")
    other.visit("鲁B11111", NOW)
    poison = batch_of(other, [liar.model_copy(update={"raw": other.sealed[0].raw, "hash": other.sealed[0].hash})], 1)
    take(
        place,
        read(place, "nowhere", good.encode()),
        read(place, "east", good.model_copy(update={"sig": "00" * 64}).encode()),
        read(place, "west", good.encode()),
        read(place, "east", good.model_copy(update={"town": "another"}).encode()),
        read(place, "east", torn.encode()),
        read(place, "west", poison.encode()),
        read_records("kakou/v1/hub/records", good.encode(), town=place.town.id, keys={}),
        read(place, "east", b"\0\xff"),
    )


def headings(page: str) -> list[str]:
    """The causes as a reader sees them, the newest first."""
    return [part.partition("</h2>")[0] for part in page.split("<header><h2>")[1:]]


def test_every_cause_has_words_of_its_own(place: Place) -> None:
    quarantine_of_every_cause(place)
    with console(place) as app:
        page = Browser(app, Role.SUPERVISOR, "zh").open("/quarantine")
    found = headings(page.text)
    assert found == [
        UNREADABLE,
        "主题不属于任何卡口",
        "第 1 条无法入账；编号已占位，不阻塞其他记录",
        "链在第 2 条断开：内容被改动或拼接有误",
        "来自其他城镇",
        "由 west 冒用其他卡口名义发来",
        "没有所称卡口的有效签名",
        "来自 nowhere，不是本镇的卡口",
        "又一份第 1 条记录：存储卡被复制，或两个卡口用了同一编号。台账中以先到的一份为准。",
        "已失效日志的第 4 至 9 条：当时提前上传，此前的记录始终未到。请找回该卡口的旧卡；找不到时，据此人工处理下列通行。",
    ]
    shown = text_of(page)
    assert all(row["why"] in shown for row in table(place, "quarantine")), "the line itself is evidence"


def test_what_a_dead_card_had_sent_can_be_read(place: Place) -> None:
    hold_aside(place)
    with console(place) as app:
        shown = text_of(Browser(app, Role.SUPERVISOR, "zh").open("/quarantine"))
    assert "其中提到的通行" in shown
    assert "2026-03-01 12:31:00 驶入 南门 鲁B·77771" in shown
    assert "2026-03-01 12:32:00 驶出 南门 鲁B·77772" in shown


def test_a_single_record_tells_of_its_crossing_and_other_bytes_of_none(place: Place) -> None:
    gate = three_visits(place, "east")
    (told,) = crossings(gate.sealed[0].model_dump_json().encode())
    assert told == Crossing("2026-03-01T04:30:00.000Z", "east", "in", "鲁B77770")
    assert crossings(gate.sealed[1].model_dump_json().encode()) == ()
    for data in (b"", b"\0\xff", b"{}", b"[" * 100_000, b'{"raw":"{}","private":{},"prev":"","hash":""}'):
        assert crossings(data) == ()


GOOD = {"kind": "visit_opened", "gate": "east", "at": {"wall": "2026-03-01T04:30:00.000Z"}, "body": {"direction": "in"}}
PLATE = {"plate": ["00" * 16, "鲁B77770"]}


@pytest.mark.parametrize(
    ("change", "private", "told"),
    [
        ({"v": True, "seq": "5", "extra": 1}, PLATE, ("2026-03-01T04:30:00.000Z", "east", "in", "鲁B77770")),
        ({"at": {"wall": "25:00"}}, PLATE, ("25:00", "east", "in", "鲁B77770")),
        ({"at": {"wall": 7}}, {"plate": ["ab", "鲁B77770"]}, ("7", "east", "in", "鲁B77770")),
        ({"at": None}, {"plate": "鲁B77770"}, ("", "east", "in", "鲁B77770")),
        ({"gate": 4, "body": {"direction": "up"}}, {"plate": []}, ("2026-03-01T04:30:00.000Z", "4", "up", "[]")),
        ({"body": {"direction": "out", "verdict": "maybe"}}, None, ("2026-03-01T04:30:00.000Z", "east", "out", "")),
        ({"kind": "visit_begun"}, PLATE, ("2026-03-01T04:30:00.000Z", "east", "in", "鲁B77770")),
        ({"kind": ["visit_opened"]}, PLATE, ("2026-03-01T04:30:00.000Z", "east", "in", "鲁B77770")),
        ({"kind": "disinfected"}, PLATE, None),
        ({"kind": "visit_begun", "body": {}}, PLATE, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("batch", [False, True])
def test_poison_tells_of_its_crossing_as_far_as_it_can_be_read(
    change: dict[str, object], private: object, told: tuple[str, ...] | None, batch: bool
) -> None:
    record: object = {"raw": json.dumps(GOOD | change), "private": private, "prev": 1}
    found = crossings(json.dumps({"records": [7, record]} if batch else record).encode())
    assert found == (() if told is None else (Crossing(*told),))


@pytest.mark.parametrize("half", ['"\\ud800"', '"\\u202e"', "1e999", "NaN"])
def test_poison_with_odd_values_tells_of_its_crossing_too(half: str) -> None:
    raw = json.dumps(GOOD)[:-1] + f', "odd": {half}}}'
    data = json.dumps({"raw": raw, "private": PLATE}).replace('"00', f'{half}, "00')
    (told,) = crossings(data.encode())
    assert (told.gate, told.plate) == ("east", "鲁B77770")


@pytest.mark.parametrize(("language", "mark"), [("zh", "按原样显示，未经核实"), ("en", "as sent, not checked")])
def test_a_poison_records_crossing_stands_in_the_quarantine_as_not_checked(
    place: Place, language: str, mark: str
) -> None:
    """Faults A2: its time is in no calendar, so it is no entry; who drove where is to be read all the same."""
    gate = three_visits(place, "east")
    first = gate.sealed[0]
    raw = first.raw.replace("2026-03-01T04:30:00.000Z", "2026-03-01T25:30:00.000Z")
    bad = first.model_copy(update={"raw": raw, "hash": chain_hash(first.prev, raw)})
    assert take(place, read(place, "east", batch_of(gate, [bad], 1).encode())).quarantined == 1
    with console(place) as app:
        shown = text_of(Browser(app, Role.SUPERVISOR, language).open("/quarantine"))
    assert mark in shown
    assert "鲁B·77770" in shown
    assert "2026-03-01T25:30:00.000Z" in shown


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("epoch abababab after cdcdcdcd", "日志 abababab 取代 cdcdcdcd"),
        (
            "epoch abababab after cdcdcdcd: the hub holds 3 of its records, how many there were is not known",
            "日志 abababab 取代 cdcdcdcd：中心存有旧日志 3 条，旧日志共有多少条无从得知",
        ),
        (
            "epoch abababab after cdcdcdcd: the hub holds 3 of its records, all that the gate spoke of at 2026-03-01T04:30:00.000Z",
            "日志 abababab 取代 cdcdcdcd：中心存有旧日志 3 条，即卡口在 2026-03-01 12:30:00 所报的全部；此后记下的无从得知",
        ),
        (
            "epoch abababab after cdcdcdcd: the hub holds 3 of its records, all that the gate spoke of when it last connected",
            "日志 abababab 取代 cdcdcdcd：中心存有旧日志 3 条，即卡口最近一次连接时所报的全部；此后记下的无从得知",
        ),
        (
            "epoch abababab after cdcdcdcd: the hub holds 3 of its records, the gate spoke of 8 at 2026-03-01T04:30:00.000Z: up to 5 may be missing",
            "日志 abababab 取代 cdcdcdcd：中心存有旧日志 3 条，卡口在 2026-03-01 12:30:00 报有 8 条：最多缺 5 条，此后记下的另计",
        ),
        (
            "epoch abababab after cdcdcdcd: the hub holds 3 of its records, the gate spoke of 8 when it last connected: up to 5 may be missing",
            "日志 abababab 取代 cdcdcdcd：中心存有旧日志 3 条，卡口最近一次连接时报有 8 条：最多缺 5 条，此后记下的另计",
        ),
        ("epoch abababab, record 17", "日志 abababab，第 17 条"),
        ("records 5 to 7: missing in the gate's own journal", "第 5 至 7 条：卡口自己的日志中缺失"),
        (
            "records 5 to 7: pruned when a backup of the hub held them",
            "第 5 至 7 条：中心备份已存有，卡口随后清理",
        ),
        ("records 5 to 7: eaten by a goat", "第 5 至 7 条：eaten by a goat"),
        ("kakou-20260301.db, 42 entries", "kakou-20260301.db，42 条记录"),
        (
            "holds the hub's signature over 9 entries, and 7 are here",
            "持有中心对 9 条记录的签名，而这里只有 7 条",
        ),
        (
            "holds the hub's signature over another entry 9 than is here",
            "持有中心对另一份第 9 条记录的签名，与这里的不同",
        ),
        ("/var/k/a.kakou: exists already, not written over", "/var/k/a.kakou 已存在，不会覆盖"),
        (
            "backup: a PostgreSQL ledger is backed up with its own tools (pg_dump)",
            "PostgreSQL 台账用其自带工具（pg_dump）备份",
        ),
        (
            "backup: there is no backup key (kakou-hub backup-key new makes one)",
            "尚无备份密钥，而备份一律加密：请在中心运行 kakou-hub backup-key new",
        ),
        ("/b/x.age: read again, it is not what was written", "/b/x.age：写入后回读，内容不符"),
        (
            "/k/x: not a file of the hub's, no restore would take it: move it elsewhere",
            "/k/x 不是中心的文件，恢复时不会接收：请移到别处",
        ),
        ("the carried database: table 'x' is none of ours", "这个数据库无法用于恢复：table 'x' is none of ours"),
        ("/a/hub.db: copied to /b/hub.db: disk I/O error", "/a/hub.db 无法复制：disk I/O error"),
        ("/a/hub.db: SQLite says of a copy: row 7 missing", "/a/hub.db 的副本已损坏：row 7 missing"),
        ("No space left on device", "No space left on device"),
    ],
)
def test_what_an_alert_adds_is_said_in_the_readers_language(place: Place, detail: str, words: str) -> None:
    with place.engine.begin() as connection:
        alerts.raise_(connection, place.town.id, AlertKind.LOST, "east", detail, NOW)
    with console(place) as app:
        reader = Browser(app, Role.VIEWER, "zh")
        assert words in text_of(reader.open("/alerts"))
        assert words in text_of(reader.open("/ledger")), "the banner"
