"""The page of the shift with the hub's roster: who is on it now and next, those first; whoever comes may sign on."""

from dataclasses import replace
from datetime import datetime, timedelta

from edge.contract.commands import Rostered, RosteredShift
from edge.contract.records import wall_text
from edge.kiosk.app import create_app
from edge.kiosk.desk import News
from tests.edge.kiosk.views import NOW, ViewDesk, gate

KEY = "not a secret: a test's"

HOUR = timedelta(hours=1)


class RosterDesk(ViewDesk):
    """A desk whose gate has a roster."""

    roster: tuple[RosteredShift, ...] = ()

    def news(self) -> News:
        return replace(super().news(), roster=self.roster)


def shift(zh: str, en: str, starts: datetime, *staff: Rostered) -> RosteredShift:
    return RosteredShift(zh=zh, en=en, starts=wall_text(starts), ends=wall_text(starts + 12 * HOUR), staff=staff)


def page(desk: ViewDesk, language: str = "en") -> str:
    client = create_app(desk, KEY).test_client()
    return client.get(f"/shift?lang={language}").get_data(as_text=True)


def rostered_desk() -> RosterDesk:
    desk = RosterDesk()
    desk.shown = gate(officer=None)
    first, *_others = desk.rules.officers
    desk.roster = (
        shift(
            "白班", "Day", NOW - HOUR, Rostered(name="周志愿", role_zh="志愿者", role_en="Volunteer"),
            Rostered(officer=desk.rules.officers[-1].id, name="", role_zh="公安", role_en="Police"),
            Rostered(officer=first.id, name="", leader=True),
        ),
        shift("夜班", "Night", NOW + 11 * HOUR),
    )  # fmt: skip
    return desk


def test_the_page_says_who_is_on_the_roster_now_and_next_in_both_languages() -> None:
    desk = rostered_desk()
    english, chinese = page(desk), page(desk, "zh")
    assert "Roster now: Day" in english
    assert f"周志愿 (Volunteer), {desk.rules.officers[-1].name} (Police)" in english
    assert f"leader on duty: {desk.rules.officers[0].name}" in english
    assert "Next: Night" in english
    assert "nobody is on the roster" in english
    assert "周志愿（志愿者）" in chinese
    assert "带班领导" in chinese


def test_who_is_on_the_roster_comes_first_and_everybody_may_sign_on() -> None:
    desk = rostered_desk()
    text = page(desk)
    places = [text.index(f'value="{each.id}"') for each in desk.rules.officers]
    assert places[-1] == min(places)
    assert text.count("on the roster now") == 1


def test_a_gate_without_a_roster_shows_the_page_as_before() -> None:
    desk = ViewDesk()
    desk.shown = gate(officer=None)
    assert "oster" not in page(desk)
