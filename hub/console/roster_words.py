"""The words of the roster: flags before a shift, what became of one, why somebody is away. Tested in `tests/hub/console/test_labels.py`."""

from typing import Any

from flask_babel import lazy_gettext

_ = lazy_gettext

FLAGS: dict[str, Any] = {
    "gap": _("Too few people"),
    "no_leader": _("No leader on duty"),
    "double": _("At two gates at once"),
    "rest": _("Too little rest"),
    "away": _("Away on that day"),
    "ended": _("Not on the staff on that day"),
    "elsewhere": _("May not serve at this gate"),
}
FLAG_ICONS = {
    "gap": "exclamation-triangle-fill",
    "no_leader": "person-badge",
    "double": "layers",
    "rest": "moon-stars",
    "away": "box-arrow-right",
    "ended": "slash-circle",
    "elsewhere": "sign-stop-fill",
}
CAME: dict[str, Any] = {
    "ahead": _("Still ahead"),
    "there": _("On duty now"),
    "served": _("Served"),
    "late": _("Late"),
    "early": _("Left early"),
    "missing": _("Has not signed on"),
    "no_show": _("No-show"),
    "elsewhere": _("Signed on at another gate"),
    "unknown": _("Not recorded"),
}
CAME_ICONS = {
    "ahead": "hourglass-split",
    "there": "check-circle-fill",
    "served": "patch-check",
    "late": "clock-history",
    "early": "box-arrow-left",
    "missing": "exclamation-triangle-fill",
    "no_show": "x-octagon-fill",
    "elsewhere": "sign-merge-right",
    "unknown": "circle-half",
}
CAME_MARKS = {
    "ahead": "open", "there": "passed", "served": "passed", "late": "owed", "early": "owed", "missing": "detained",
    "no_show": "detained", "elsewhere": "owed", "unknown": "abandoned",
}  # fmt: skip
AWAY: dict[str, Any] = {"leave": _("Leave"), "ill": _("Ill"), "training": _("Training"), "other": _("Other")}
HANDOVERS: dict[str, Any] = {
    "done": _("Handed over"),
    "left": _("Handed over with open matters"),
    "waiting": _("Waits for the next officer"),
}
ROSTER_STATES: dict[str, Any] = {
    "published": _("Published"),
    "draft": _("Draft"),
    "dropped": _("Taken off, not published yet"),
}
