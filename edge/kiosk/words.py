"""Words of the screen around its lanes: alarms, open matters, orders, the handover, forms; `lane_words` has those of a lane.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from collections.abc import Iterable

from flask_babel import get_locale, gettext

from edge.contract.alarms import ALARMS
from edge.contract.commands import Command
from edge.contract.plates import spoken
from edge.contract.policy import Policy
from edge.gate.view import GateView
from edge.kiosk.desk import News
from edge.kiosk.lane_words import question_words, state_words

PAPER = (
    "记录无法保存：改用纸质登记，用钥匙开栏",
    "records cannot be kept: register on paper, open the barrier by key",
)
ON_PAPER = (
    ("纸质登记", "PAPER"),
    ("写在纸上，用钥匙开栏；应急车辆也用钥匙", "write it down, open by key; an emergency too: by key, at once"),
)
"""Big, and what to do: at a lane where no record can be kept."""
FIELDS: dict[str, tuple[str, str]] = {
    "occupants": ("乘员人数", "occupants"),
    "origin": ("出发地", "origin"),
    "destination": ("目的地", "destination"),
    "purpose": ("事由", "purpose"),
    "driver": ("驾驶人", "driver"),
    "phone": ("电话", "phone"),
    "remark": ("备注", "remark"),
}
WARNINGS: dict[str, tuple[str, str]] = {
    "unknown_pattern": ("车牌格式少见，请再核对", "unusual plate: look again"),
    "many_letters": ("字母偏多，请再核对", "many letters: look again"),
}
OUTCOMES: dict[str, tuple[str, str]] = {
    "passed": ("已通过", "passed"),
    "turned_back": ("已劝返", "turned back"),
    "abandoned": ("自行离开", "left by itself"),
    "unclear": ("不清楚", "not clear"),
}


def _(text: str, /, **values: object) -> str:
    """A label in the language of the request."""
    return str(gettext(text, **values))


def officer_name(officer: str | None, policy: Policy | None) -> str | None:
    """The officer's name as the policy knows it, else the id."""
    named = next((each.name for each in policy.officers if each.id == officer), None) if policy else None
    return named or officer


def either(zh: str, en: str) -> str:
    """The one of two texts that is in the language of the request."""
    return (zh, en)[_place()]


def agent_name(agent: str, policy: Policy | None) -> str:
    """The agent's name in the language of the request, as the policy knows it, else the id."""
    named = next((each for each in policy.agents if each.id == agent), None) if policy else None
    return (named.zh, named.en)[_place()] if named else agent


def _alarm_words(alarms: Iterable[str]) -> list[tuple[str, ...]]:
    return [ALARMS.get(alarm, (alarm, alarm)) for alarm in alarms]


def alarm_lines(alarms: Iterable[str]) -> list[str]:
    """The alarms that are on, each in both languages; a full journal and a watched vehicle have places of their own."""
    return [" · ".join(ALARMS.get(alarm, (alarm,))) for alarm in alarms if alarm not in {"journal_full", "watch_list"}]


def matter_lines(view: GateView) -> list[str]:
    """The open matters that wait for the officer, in the language of the request."""
    lines = []
    if view.plateless:
        lines.append(_("%(n)s emergency visits without a plate", n=len(view.plateless)))
    if view.unfinished:
        lines.append(_("%(n)s visits were left open", n=len(view.unfinished)))
    return lines


def order_title(order: Command) -> str:
    """What an order is called, in the language of the request."""
    return _("Urgent order") if order.urgent else _("Order")


def order_text(order: Command) -> str:
    """The text of an order, in the language of the request if the order has it."""
    texts = (order.zh, order.en)
    return texts[_place()] or texts[1 - _place()]


def handover_lines(view: GateView, news: News) -> list[str]:
    """The lines of a handover, in the language of the request: vehicles at the lanes, open matters, alarms, backlog."""
    lines = [
        _(
            "lane %(name)s: %(plate)s, %(what)s",
            name=lane.name,
            plate=spoken(lane.plate) or "无牌",
            what=state_words(lane)[_place()],
        )
        for lane in view.lanes
        if lane.visit is not None
    ]
    lines += [
        _("lane %(name)s: %(what)s", name=lane.name, what=asked[_place()])
        for lane in view.lanes
        if (asked := question_words(lane)) is not None
    ]
    lines += [*matter_lines(view), *(words[_place()] for words in _alarm_words(view.alarms))]
    lines += [_("order not confirmed: %(text)s", text=order_text(order)) for order in view.orders]
    if news.backlog:
        lines.append(_("%(n)s queued, not received yet", n=news.backlog))
    return lines + lacking(view)


def lacking(view: GateView) -> list[str]:
    """Which tanks hold no solution that counts, a line each; the only one of a gate needs no name."""
    empty = [tank.name for tank in view.tanks if not tank.valid]
    if len(view.tanks) == 1:
        return [_("no valid solution") for _tank in empty]
    return [_("no valid solution in tank %(name)s", name=name) for name in empty]


def language() -> str:
    """The language of the request, `zh` or `en`."""
    return "zh" if str(get_locale()) == "zh" else "en"


def _place() -> int:
    return 0 if language() == "zh" else 1


def age(seconds: float | None) -> str:
    """A duration in words, in the language of the request: 12 s, 5 min, 3 h, 2 d; a dash for none."""
    if seconds is None:
        return "–"
    whole = max(0, int(seconds))
    for size, unit in ((86400, _("d")), (3600, _("h")), (60, _("min"))):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} " + _("s")
