"""Today, this shift, yesterday, this operation: by the town's clock, from a button or the command line."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.cli import main
from hub.shifts.post import Post
from hub.town.settings import Settings
from hub.visits import presets
from hub.visits.presets import Preset
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import send
from tests.hub.towns import NOW, Place

SHANGHAI = ZoneInfo("Asia/Shanghai")
CROSSED = {
    "鲁B00001": timedelta(minutes=5), "鲁B00002": timedelta(hours=6), "鲁B00003": timedelta(hours=15), "鲁B00004": timedelta(days=3),
}  # fmt: skip
"""When vehicles came, before half past noon."""


@pytest.fixture
def crossed(place: Place) -> Place:
    for plate, before in CROSSED.items():
        place.gates["east"].visit(plate, NOW - before)
    send(place, place.gates["east"])
    return place


@pytest.fixture
def app(crossed: Place) -> Iterator[Flask]:
    with console(crossed) as app:
        yield app


@pytest.mark.parametrize(
    ("preset", "plates"),
    [
        ("today", {"鲁B00001", "鲁B00002"}),
        ("shift", {"鲁B00001"}),
        ("yesterday", {"鲁B00003"}),
        ("operation", set(CROSSED)),
    ],
)
def test_a_button_of_the_ledger_exports_its_time(app: Flask, preset: str, plates: set[str]) -> None:
    with app.app_context():
        text = Browser(app, Role.OFFICER).open(f"/export/visits.csv?preset={preset}&start=2020-01-01T00:00").text
    assert {plate for plate in CROSSED if plate in text} == (
        plates if preset != "operation" else plates & found_since(app)
    )


def found_since(app: Flask) -> set[str]:
    """The plates since the operation began, which the town's founding wrote down."""
    starts = datetime.fromisoformat(app.extensions["kakou"].opened.rules.starts)
    return {plate for plate, before in CROSSED.items() if NOW - before >= starts}


def test_the_ledger_offers_each_in_one_click(app: Flask) -> None:
    page = Browser(app, Role.OFFICER).open("/ledger").text
    assert [preset for preset in Preset if f'name="preset" value="{preset}"' in page] == list(Preset)


def test_a_shift_begins_when_the_officers_at_the_post_signed_on(crossed: Place) -> None:
    with crossed.engine.begin() as connection:
        assert presets.current_shift_start(connection, crossed.town, NOW) == datetime(2026, 3, 1, 8, tzinfo=SHANGHAI)
        post = Post(
            connection, crossed.town.id, crossed.users[Role.OFFICER], crossed.town.key, NOW - timedelta(hours=7)
        )
        post.sign_on(open_matters=0, taken=())
        assert presets.current_shift_start(connection, crossed.town, NOW) == NOW - timedelta(hours=7)


@pytest.mark.parametrize(
    ("starts", "local", "begun"),
    [
        (("08:00", "20:00"), "2026-03-01T07:59", "2026-02-28T20:00"),
        (("08:00", "20:00"), "2026-03-01T08:00", "2026-03-01T08:00"),
        (("20:00", "08:00"), "2026-03-01T23:00", "2026-03-01T20:00"),
        (("06:30", "14:30", "22:30"), "2026-03-01T14:29", "2026-03-01T06:30"),
        (("00:00",), "2026-03-01T00:00", "2026-03-01T00:00"),
    ],
)
def test_without_them_it_is_the_last_hour_at_which_shifts_change(
    starts: tuple[str, ...], local: str, begun: str
) -> None:
    moment = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)
    assert presets.by_the_clock(starts, moment) == datetime.fromisoformat(begun).replace(tzinfo=SHANGHAI)


def test_the_hours_are_a_setting(tmp_path: Path) -> None:
    assert Settings.of({"town": "demo", "shifts": ["06:00", "18:00"]}, tmp_path).shifts == ("06:00", "18:00")


def test_the_command_line_knows_them_too(crossed: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "all.csv"
    assert main(["--data", str(crossed.folder), "export", "--preset", "operation", "--out", str(file)]) == 0
    assert file.read_text(encoding="utf-8-sig").startswith("visit_id,")
    assert main(["--data", str(crossed.folder), "export", "--preset", "today", "--from", "2026-03-01"]) != 0
    assert "--preset: expected without --from and --to" in capsys.readouterr().err
