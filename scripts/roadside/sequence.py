"""A vehicle that approaches, stops and leaves, its pass held to the camera: the shots of its frames, one after the other.

Size, blur, turn and light change from frame to frame: the pass is small and smeared while the vehicle rolls, the hand that
holds it is never still, the headlights' glare wanders over it. What spoils the whole visit is drawn from the conditions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from scripts.roadside.shot import CONDITIONS, OTHERS, Chance, Shot, Spoil, good

FRAMES_PER_SECOND = 15
APPROACH, STAND, LEAVE = 14, 24, 8
"""Frames: it rolls in, stands for a second and a half, drives on."""
EMPTY_BEFORE = 6


@dataclass(frozen=True, slots=True)
class Visit:
    """One vehicle's frames. `spoils`: the conditions it was made with. A shot None is a frame of the empty lane."""

    text: str
    spoils: tuple[str, ...]
    lane: Shot
    shots: tuple[Shot | None, ...]


def visits(texts: tuple[str, ...], seed: int, count: int) -> Iterator[Visit]:
    """`count` vehicles, with the passes in turn; each with nought to three conditions."""
    for number in range(count):
        chance = np.random.default_rng([seed, number, 9])
        yield _visit(texts[number % len(texts)], chance)


def _visit(text: str, chance: Chance) -> Visit:
    pool: dict[str, Spoil] = {**CONDITIONS, **OTHERS}
    names = [name for name in pool if name not in {"clean", "combined"}]
    spoils = tuple(chance.choice(names, int(chance.choice(4, p=[0.2, 0.45, 0.25, 0.1])), replace=False).tolist())
    held = good(chance)
    for name in spoils:
        held = pool[name](held, chance)
    return Visit(text, spoils, replace(held, smear=0.0), tuple(_frames(held, chance)))


def _frames(held: Shot, chance: Chance) -> Iterator[Shot | None]:
    """The shots of a vehicle. `held` is how its pass is held when it stands."""
    for _ in range(EMPTY_BEFORE):
        yield None
    wander = _walk(chance, APPROACH + STAND + LEAVE)
    for number in range(APPROACH):
        way = (number + 1) / APPROACH
        rolling = 1 - 0.7 * way
        near = replace(held, module=held.module * (0.45 + 0.55 * way), smear=held.smear + 9 * rolling,
                       smear_angle=70 + 20 * float(chance.normal()), at=_between((0.5, 0.3), held.at, way))  # fmt: skip
        yield _moved(near, wander[number], chance)
    for number in range(STAND):
        # the hand comes to rest, starts, and rests again
        shake = held.smear * float(chance.random() < 0.7) * float(chance.uniform(0.2, 1.0)) + float(
            abs(chance.normal(0, 0.8))
        )
        yield _moved(replace(held, smear=shake), wander[APPROACH + number], chance)
    for number in range(LEAVE):
        way = (number + 1) / LEAVE
        gone = replace(held, smear=held.smear + 14 * way, smear_angle=60, module=held.module * (1 + 0.3 * way),
                       at=_between(held.at, (1.25, 1.1), way**2))  # fmt: skip
        yield _moved(gone, wander[APPROACH + STAND + number], chance)


def _walk(chance: Chance, count: int) -> np.ndarray:
    """A hand's unrest: six slow walks that come back, of deviation about 1."""
    steps = chance.normal(0, 1, (count + 8, 6))
    kernel = np.exp(-(np.linspace(-1.5, 1.5, 9) ** 2))
    smooth = np.stack(
        [np.convolve(steps[:, k], kernel / np.sqrt((kernel**2).sum()), "valid") for k in range(6)], axis=1
    )
    walk: np.ndarray = smooth
    return walk


def _moved(shot: Shot, unrest: np.ndarray, chance: Chance) -> Shot:
    return replace(
        shot,
        yaw=shot.yaw + 4 * float(unrest[0]),
        pitch=shot.pitch + 4 * float(unrest[1]),
        roll=shot.roll + 3 * float(unrest[2]),
        at=(shot.at[0] + 0.006 * float(unrest[3]), shot.at[1] + 0.008 * float(unrest[4])),
        light=max(0.04, shot.light * (1 + 0.06 * float(unrest[5]))),
        defocus=max(0.5, shot.defocus * (1 + 0.15 * float(unrest[5]))),
        glare_at=(shot.glare_at[0] + 0.1 * float(unrest[0]), shot.glare_at[1] + 0.1 * float(unrest[1])),
        # rain and grain are new in each frame
        seed=shot.seed if shot.dirt or shot.covered or shot.cracks or shot.moire else int(chance.integers(1 << 31)),
    )


def _between(here: tuple[float, float], there: tuple[float, float], way: float) -> tuple[float, float]:
    return here[0] + (there[0] - here[0]) * way, here[1] + (there[1] - here[1]) * way
