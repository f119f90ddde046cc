"""What one gate frame shows of a pass, as numbers; and the twelve conditions of the road as a table.

Lengths are pixels of the 1280x720 frame, `module` is the side of one module of the code, angles are degrees. A condition
spoils one thing of a good shot; a mixture spoils two or three. The same generator in, the same shots out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Chance = np.random.Generator
Medium = Literal["card", "phone"]


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame. The defaults are a clean card in good light, a little turned, as anybody would hold it."""

    medium: Medium = "card"
    module: float = 4.0
    at: tuple[float, float] = (0.5, 0.5)
    """Where the middle of the code is, as shares of the frame."""
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    smear: float = 0.0
    """How far the pass moved while the shutter was open."""
    smear_angle: float = 0.0
    defocus: float = 0.7
    """Sigma of the blur of the lens. 0.7 is a good lens."""
    light: float = 1.0
    noise: float = 1.5
    """Standard deviation of the sensor's noise in grey levels."""
    glare: float = 0.0
    """Strength of a reflection on the pass: 1 is white."""
    glare_at: tuple[float, float] = (0.5, 0.5)
    glare_wide: float = 0.25
    covered: float = 0.0
    """Share of the code's area under a thumb or a fold."""
    dirt: float = 0.0
    """Share of the pass's area under mud."""
    jpeg: int = 90
    dark_mode: bool = False
    chat: bool = False
    """The code is small in a chat window, words around it."""
    cracks: int = 0
    contrast: float = 1.0
    """Of a screen: 1 is bright; a screen that is turned down has 0.3."""
    moire: float = 0.0
    rain: int = 0
    night: bool = False
    headlights: float = 0.0
    scene: int = 0
    seed: int = 0
    """Of everything that is scattered: dirt, cracks, rain, grain."""


Spoil = Callable[[Shot, Chance], Shot]


def good(chance: Chance, medium: Medium | None = None) -> Shot:
    """A shot that nothing spoils: card or phone, 2.8 to 5 pixels a module, turned by up to 15 degrees."""
    chosen: Medium = medium or ("card" if chance.random() < 0.6 else "phone")
    return Shot(
        medium=chosen,
        module=float(chance.uniform(2.8, 5.0)),
        at=(float(chance.uniform(0.28, 0.72)), float(chance.uniform(0.34, 0.66))),
        yaw=float(chance.uniform(-15, 15)),
        pitch=float(chance.uniform(-15, 15)),
        roll=float(chance.uniform(-12, 12)),
        defocus=float(chance.uniform(0.6, 0.9)),
        noise=float(chance.uniform(1.0, 2.5)),
        light=float(chance.uniform(0.8, 1.1)),
        scene=int(chance.integers(4)),
        seed=int(chance.integers(1 << 31)),
    )


def _clean(shot: Shot, _: Chance) -> Shot:
    return shot


def _motion(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, smear=float(chance.uniform(4, 16)), smear_angle=float(chance.uniform(0, 180)))


def _defocus(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, defocus=float(chance.uniform(1.2, 3.2)))


def _low_light(shot: Shot, chance: Chance) -> Shot:
    return replace(
        shot, night=True, light=float(chance.uniform(0.06, 0.25)), noise=float(chance.uniform(4, 11)),
        headlights=float(chance.uniform(0, 0.6)),
    )  # fmt: skip


def _glare(shot: Shot, chance: Chance) -> Shot:
    return replace(
        shot, glare=float(chance.uniform(0.6, 1.3)), glare_wide=float(chance.uniform(0.12, 0.4)),
        glare_at=(float(chance.uniform(0.2, 0.8)), float(chance.uniform(0.2, 0.8))),
    )  # fmt: skip


def _tilt(shot: Shot, chance: Chance) -> Shot:
    turn, way = chance.uniform(30, 50), chance.uniform(0, 2 * np.pi)
    return replace(
        shot, yaw=float(turn * np.cos(way)), pitch=float(turn * np.sin(way)), roll=float(chance.uniform(-40, 40)),
    )  # fmt: skip


def _small(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, module=float(chance.uniform(1.6, 2.4)))


def _jpeg(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, jpeg=40, module=float(chance.uniform(2.2, 4.0)))


def _covered(shot: Shot, chance: Chance) -> Shot:
    # a card carries level Q for this, a phone level M is not covered by mud
    return replace(shot, medium="card", covered=float(chance.uniform(0.02, 0.10)))


def _dark_mode(shot: Shot, chance: Chance) -> Shot:
    return replace(
        shot, medium="phone", dark_mode=True, contrast=float(chance.uniform(0.5, 1.0)), chat=bool(chance.random() < 0.2)
    )


def _moire(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, medium="phone", moire=float(chance.uniform(0.15, 0.5)))


def _combined(shot: Shot, chance: Chance) -> Shot:
    spoils = [_motion_mild, _defocus_mild, _dusk, _glare_mild, _tilt_mild, _jpeg, _dirty, _screen, _rain]
    for number in chance.choice(len(spoils), int(chance.integers(2, 4)), replace=False):
        shot = spoils[number](shot, chance)
    return shot


# -- milder ones, that come together -----------------------------------------------------------------------------------


def _motion_mild(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, smear=float(chance.uniform(2, 7)), smear_angle=float(chance.uniform(0, 180)))


def _defocus_mild(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, defocus=float(chance.uniform(1.0, 1.9)))


def _dusk(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, night=True, light=float(chance.uniform(0.2, 0.5)), noise=float(chance.uniform(3, 7)))


def _glare_mild(shot: Shot, chance: Chance) -> Shot:
    return replace(_glare(shot, chance), glare=float(chance.uniform(0.3, 0.8)))


def _tilt_mild(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, yaw=float(chance.uniform(-32, 32)), pitch=float(chance.uniform(-32, 32)))


def _dirty(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, dirt=float(chance.uniform(0.02, 0.08)))


def _screen(shot: Shot, chance: Chance) -> Shot:
    return replace(
        shot, medium="phone", cracks=int(chance.integers(1, 4)), contrast=float(chance.uniform(0.35, 0.8)),
        chat=bool(chance.random() < 0.3),
    )  # fmt: skip


def _rain(shot: Shot, chance: Chance) -> Shot:
    return replace(shot, rain=int(chance.integers(150, 500)))


CONDITIONS: Mapping[str, Spoil] = {
    "clean": _clean,
    "motion": _motion,
    "defocus": _defocus,
    "low light": _low_light,
    "glare": _glare,
    "tilt": _tilt,
    "small": _small,
    "jpeg 40": _jpeg,
    "covered": _covered,
    "dark mode": _dark_mode,
    "moire": _moire,
    "combined": _combined,
}
"""What the road does to a code: the conditions that the figures are counted by."""
OTHERS: Mapping[str, Spoil] = {"dirt": _dirty, "phone": _screen, "rain": _rain}
"""More of the same, for sequences and tests."""


def shots(condition: str, seed: int, count: int) -> list[Shot]:
    """`count` shots of a condition; the same seed, the same shots."""
    spoil = CONDITIONS.get(condition) or OTHERS[condition]
    chance = np.random.default_rng([seed, sum(condition.encode())])
    return [spoil(good(chance), chance) for _ in range(count)]
