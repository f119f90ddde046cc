"""The page for whoever mounts the camera: the live picture, a bar of its sharpness, and how far a pass reads.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from dataclasses import dataclass

from flask import Blueprint, abort, render_template

from edge.camera.frames import Look
from edge.kiosk.context import desk
from edge.scanner.advice import WORDS

blueprint = Blueprint("aim", __name__)


@dataclass(frozen=True, slots=True)
class Aim:
    """The values on the page. Shares are per cent; sides are pixels of the frame; `times`: how many times as far a pass reads."""

    sharpness: int
    code: bool
    read: bool
    side: int | None = None
    smallest: int | None = None
    times: float | None = None
    hint: tuple[str, str] | None = None


def aim_of(look: Look | None) -> Aim | None:
    """The values for the person who aims the camera, from one look; None without a picture."""
    if look is None:
        return None
    sight = look.sight
    times = look.reach(1.0)
    return Aim(
        sharpness=round(100 * (sight.sharpness if sight else look.sharpness)),
        code=sight is not None,
        read=sight is not None and sight.read,
        side=round(sight.side) if sight else None,
        smallest=None if look.smallest is None else round(look.smallest),
        times=None if times is None else round(times, 1),
        hint=WORDS[sight.hint] if sight and sight.hint else None,
    )


@blueprint.get("/aim/<lane>")
def aim(lane: str) -> str:
    """The whole page."""
    return _page(lane, "aim.html")


@blueprint.get("/aim/<lane>/now")
def now(lane: str) -> str:
    """The part of the page that changes, for the script that puts it in its place."""
    return _page(lane, "_aim.html")


def _page(lane: str, template: str) -> str:
    if desk().view().lane(lane) is None:
        abort(404)
    return render_template(template, lane=lane, gate=desk().gate_id, aim=aim_of(desk().look(lane)))
