"""The SQL of the levels of a town's organisation: how the town names them, from the highest to the lowest.

Tested in `tests/hub/organisation/test_levels.py`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from hub.accounts import audit
from hub.database.schema import unit_levels, units
from hub.database.statements import insert
from hub.errors import RefusedError
from hub.organisation.units import DEEPEST, DEFAULT_LEVELS, ID, LONGEST_NAME, Level


def every(connection: Connection, town: str) -> tuple[Level, ...]:
    """The town's levels from the highest to the lowest; those of most towns if it has named none."""
    query = select(unit_levels).where(unit_levels.c.town == town).order_by(unit_levels.c.position)
    found = tuple(Level(row.level, row.zh, row.en) for row in connection.execute(query))
    return found or DEFAULT_LEVELS


def rank(levels: Sequence[Level], level: str) -> int:
    """The place of a level, 0 for the highest; `RefusedError` if the town has none of this id."""
    for place, each in enumerate(levels):
        if each.id == level:
            return place
    known = tuple(each.id for each in levels)
    raise RefusedError("level %(text)r: expected one of %(known)s", text=level, known=known)


def set_levels(connection: Connection, *, town: str, levels: Sequence[Level], by: str, now: datetime) -> None:
    """Names the levels anew, from the highest to the lowest; `RefusedError` if units would stand at none, or above their parents."""
    new = tuple(_checked(each) for each in levels)
    if not 1 <= len(new) <= DEEPEST:
        raise RefusedError("levels: expected 1 to %(most)s", most=DEEPEST)
    for texts in ([each.id for each in new], [each.name("zh") for each in new]):
        twice = next((text for text in texts if texts.count(text) > 1), None)
        if twice is not None:
            raise RefusedError("levels: %(text)r stands twice", text=twice)
    _keep_units(connection, town, new)
    before = every(connection, town)
    connection.execute(delete(unit_levels).where(unit_levels.c.town == town))
    insert(
        connection,
        unit_levels,
        [
            {"town": town, "level": each.id, "position": place, "zh": each.zh, "en": each.en}
            for place, each in enumerate(new)
        ],
    )
    detail = audit.changed(_fields(before), _fields(new))
    audit.note(connection, user=by, action="levels named", object="organisation/levels", detail=detail, now=now)


def _checked(level: Level) -> Level:
    found = Level(level.id.strip(), level.zh.strip(), level.en.strip())
    if ID.fullmatch(found.id) is None:
        raise RefusedError("level %(text)r: expected 1 to 32 of a-z, 0-9, '_', '-' as its id", text=found.id)
    for name in (found.zh, found.en):
        if len(name) > LONGEST_NAME or (name and not name.isprintable()):
            raise RefusedError(
                "level %(id)r: expected a name of at most %(most)s visible characters", id=found.id, most=LONGEST_NAME
            )
    if not found.zh and not found.en:
        raise RefusedError("level %(id)r: expected a name, found nothing", id=found.id)
    return found


def _keep_units(connection: Connection, town: str, new: Sequence[Level]) -> None:
    """`RefusedError` if a level that units have would be gone, or two levels would change places though units stand in both."""
    places = {each.id: place for place, each in enumerate(new)}
    used = select(units.c.level, func.count()).where(units.c.town == town).group_by(units.c.level)
    for level, count in connection.execute(used):
        if level not in places:
            raise RefusedError("level %(level)r: %(count)s units have it", level=level, count=count)
    above = units.alias("above")
    pairs = (
        select(above.c.level, units.c.level)
        .join_from(units, above, (above.c.town == units.c.town) & (above.c.id == units.c.parent))
        .where(units.c.town == town)
        .distinct()
    )
    for higher, lower in connection.execute(pairs):
        if places[higher] >= places[lower]:
            raise RefusedError(
                "levels: %(lower)r must stand below %(higher)r, as its units do", lower=lower, higher=higher
            )


def _fields(levels: Sequence[Level]) -> dict[str, Json]:
    return {each.id: f"{place + 1}. {each.zh} / {each.en}" for place, each in enumerate(levels)}
