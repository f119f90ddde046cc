"""The demo town's organisation: a town, three areas, eight villages with their grids, and for each village a plan that is drawn here.

The plans are made of numbers alone: the same village is always the same. Seven are GeoJSON, one is a picture, as a surveyor and a village
office would have them. Tested in `tests/scripts/test_organisation.py`.
"""

import itertools
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from math import cos, radians
from typing import Any

from PIL import Image, ImageDraw
from sqlalchemy.engine import Connection

from hub.map.plan import Plan
from hub.organisation import changes
from hub.organisation.units import Said as Unit
from hub.villages import store
from hub.villages.marks import Corner, MarkKind, Need, Said

TOWN = Unit("town", "大集镇", "Daji", id="daji")
AREAS = (
    Unit("area", "城东管区", "East area", "daji", "area-east", 1),
    Unit("area", "城西管区", "West area", "daji", "area-west", 2),
    Unit("area", "城北管区", "North area", "daji", "area-north", 3),
)
VILLAGES = (
    Unit("village", "东王家村", "Dongwangjia", "area-east", "dongwangjia", 1, "约 320 户"),
    Unit("village", "河头村", "Hetou", "area-east", "hetou", 2, "约 210 户"),
    Unit("village", "南园村", "Nanyuan", "area-east", "nanyuan", 3, "约 180 户"),
    Unit("village", "西李家村", "Xilijia", "area-west", "xilijia", 1, "约 290 户"),
    Unit("village", "石桥村", "Shiqiao", "area-west", "shiqiao", 2, "约 150 户"),
    Unit("village", "北张家村", "Beizhangjia", "area-north", "beizhangjia", 1, "约 260 户"),
    Unit("village", "柳林村", "Liulin", "area-north", "liulin", 2, "约 130 户"),
    Unit("village", "新集村", "Xinji", "area-north", "xinji", 3, "约 240 户"),
)
GATES = {"east": "dongwangjia", "south": "nanyuan", "west": "xilijia", "north": "beizhangjia"}
"""The first gates of the demo belong to these villages; those beyond them to the town."""
CADRES = (
    "刘志强", "周桂兰", "孙德海", "马秀英", "高建军", "林玉梅", "郭永福", "何春燕", "罗长青", "梁淑芬", "宋立新", "唐晓丽",
    "许国栋", "韩美玲", "冯宝山", "曹秋菊", "彭振华", "曾凤霞", "萧文斌", "田素珍",
)  # fmt: skip
HOUSES = ("吴老太", "郑明", "钱小玉", "蒋大爷", "沈静", "杨立")
NUMBERS = "一二三四"
CENTRE = (120.032, 36.781)
PICTURED = "shiqiao"
"""The village whose plan is a picture."""
WIDE, HIGH = 520.0, 340.0
"""Of a village, in metres."""
PIXELS = (1040, 680)


@dataclass(frozen=True, slots=True)
class Village:
    """A village in metres from its south-west corner: the strips of its grids, its roads' ends, rows of houses."""

    strips: tuple[tuple[float, float], ...]
    road: float
    lane: float
    houses: tuple[tuple[float, float, float, float], ...]
    river: tuple[Corner, ...]


def fill(
    connection: Connection, town: str, gates: Sequence[str], officers: Mapping[str, str], *, by: str, now: datetime
) -> None:
    """Adds the units, puts the gates and their officers into them, and keeps a plan with its marks for each village."""
    for each in (TOWN, *AREAS, *VILLAGES):
        changes.add(connection, town=town, said=each, by=by, now=now)
    for gate in gates:
        belongs = GATES.get(gate, TOWN.id)
        changes.put_gate(connection, town=town, gate=gate, unit=belongs, by=by, now=now)
        if gate in officers:
            changes.put_user(connection, town=town, user=officers[gate], unit=belongs, by=by, now=now)
    cadres = iter(CADRES * 2)
    for number, unit in enumerate(VILLAGES):
        village = laid_out(number)
        for place in range(len(village.strips)):
            grid = Unit(
                "grid", f"第{NUMBERS[place]}网格", f"Grid {place + 1}", unit.id, f"{unit.id}-g{place + 1}", place
            )
            changes.add(connection, town=town, said=grid, by=by, now=now)
        data = picture(village) if unit.id == PICTURED else ground(number, village)
        plan = store.keep(connection, town=town, unit=unit.id, data=data, by=by, now=now)
        gate = next((gate for gate in gates if GATES.get(gate) == unit.id), "")
        names = [next(cadres) for _ in village.strips]
        for said in marks(number, unit.id, village, names, gate, plan):
            store.add_mark(connection, town=town, unit=unit.id, on=plan, said=said, by=by, now=now)


def laid_out(number: int) -> Village:
    """The village of this number."""
    dice = random.Random(f"village {number}")
    grids = 2 + number % 3
    cuts = [0.0, *(WIDE * each / grids + dice.uniform(-25, 25) for each in range(1, grids)), WIDE]
    road, lane = dice.uniform(120, 200), dice.uniform(180, 340)
    houses = tuple(
        (x + dice.uniform(0, 6), y, dice.uniform(24, 34), 16.0)
        for y in (30.0, 62.0, road + 34, road + 66, road + 98)
        for x in (20.0, 62.0, 104.0, 146.0, 188.0, 230.0, 272.0, 314.0, 356.0, 398.0, 440.0)
        if y + 16 < HIGH - 20 and abs(y + 8 - road) > 22 and abs(x + 16 - lane) > 26 and dice.random() > 0.12
    )
    river = tuple((x, HIGH + 45 + dice.uniform(-14, 14)) for x in (-40.0, 90.0, 220.0, 350.0, 480.0, 570.0))
    return Village(tuple(itertools.pairwise(cuts)), road, lane, houses, river)


def marks(number: int, unit: str, village: Village, cadres: Sequence[str], gate: str, plan: Plan) -> Sequence[Said]:
    """What stands on the plan of a village."""

    def at(x: float, y: float) -> Corner:
        return on_picture(x, y) if plan.is_picture else on_ground(number, x, y)

    found = [
        Said(
            MarkKind.AREA, f"第{NUMBERS[place]}网格", (at(left, 0), at(right, 0), at(right, HIGH), at(left, HIGH)),
            grid=f"{unit}-g{place + 1}", officer=cadres[place], phone=f"1380000{number}{place}12",
        )
        for place, (left, right) in enumerate(village.strips)
    ]  # fmt: skip
    found += [
        Said(MarkKind.CHECKPOINT, "村东卡点", (at(WIDE + 12, village.road),), gate=gate, remark="24 小时值守"),
        Said(MarkKind.ENTRANCE, "西入口", (at(-12, village.road),), remark="已封闭"),
        Said(MarkKind.ENTRANCE, "南入口", (at(village.lane, -12),)),
        Said(
            MarkKind.TESTING, "村委会检测点", (at(village.lane + 70, village.road - 30),), remark="每日 8:00 至 11:00"
        ),
    ]
    if number % 2 == 0:
        found.append(Said(MarkKind.SCHOOL, "小学", (at(WIDE - 60, HIGH - 28),)))
    if number % 2:
        found.append(Said(MarkKind.JUNCTION, "北路口", (at(village.lane, HIGH + 14),)))
    if number % 3 == 0:
        found.append(Said(MarkKind.BUS_STOP, "公交站", (at(60, village.road - 14),)))
    for place in range(2):
        name, need = HOUSES[(number + place * 3) % len(HOUSES)], tuple(Need)[(number + place) % 5]
        x, y, width, height = village.houses[(number * 5 + place * 9) % len(village.houses)]
        found.append(Said(MarkKind.HOUSEHOLD, name, (at(x + width / 2, y + height / 2),), need=need.value))
    return found


def on_ground(number: int, x: float, y: float) -> Corner:
    """Metres of a village as longitude and latitude."""
    west, south = CENTRE[0] + (number % 3 - 1) * 0.021, CENTRE[1] + (number // 3 - 1) * 0.017
    return round(west + x / (111_320 * cos(radians(south))), 7), round(south + y / 110_540, 7)


def on_picture(x: float, y: float) -> Corner:
    """Metres of a village as thousandths of its picture, around which 40 metres are left free, and 80 above for the river."""
    return round(1000 * (x + 40) / (WIDE + 80), 1), round(1000 * (HIGH + 80 - y) / (HIGH + 120), 1)


def ground(number: int, village: Village) -> bytes:
    """The plan of a village as GeoJSON."""

    def line(spots: Sequence[Corner], name: str) -> dict[str, Any]:
        return _feature("LineString", [on_ground(number, *spot) for spot in spots], name)

    def box(x: float, y: float, width: float, height: float) -> dict[str, Any]:
        spots = ((x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y))
        return _feature("Polygon", [[on_ground(number, *spot) for spot in spots]], "")

    features = [
        line(((-40, village.road), (WIDE + 40, village.road)), "中心路"),
        line(((village.lane, -40), (village.lane, HIGH + 20)), ""),
        line(village.river, "大沽河"),
        *(box(*house) for house in village.houses),
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def picture(village: Village) -> bytes:
    """The plan of a village as a picture."""
    image = Image.new("RGB", PIXELS, "#f7f5ee")
    pen = ImageDraw.Draw(image)

    def at(x: float, y: float) -> Corner:
        across, down = on_picture(x, y)
        return across * PIXELS[0] / 1000, down * PIXELS[1] / 1000

    pen.line([at(*spot) for spot in village.river], fill="#8fb8de", width=22, joint="curve")
    for spots in (((-40, village.road), (WIDE + 40, village.road)), ((village.lane, -40), (village.lane, HIGH + 20))):
        pen.line([at(*spot) for spot in spots], fill="#c9c3b4", width=16)
    for x, y, width, height in village.houses:
        pen.rectangle([at(x, y + height), at(x + width, y)], fill="#e3d3c2", outline="#8d7f71")
    data = BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def _feature(sort: str, coordinates: object, name: str) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": sort, "coordinates": coordinates}, "properties": {"name": name}}
