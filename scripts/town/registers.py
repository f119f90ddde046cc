"""Fills the demo town's registers with made-up rows, the same for the same seed: each of those that are shipped, with daily rows and states.

Nobody in them exists. A value that a register refuses (a second escort who is the first) is drawn again.

Tested in `tests/hub/registers/test_demo_rows.py`.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.registers import catalogue, kept, store
from hub.registers.cells import Here, Value, parse, parse_choices
from hub.registers.checks import Writer
from hub.registers.declaration import Register, RegisterField
from hub.registers.field_types import FieldType
from hub.registers.keeping import Keeper
from hub.registers.rows import Draft, Links, RegisterRow
from hub.zero_reports import store as zero_reports
from hub.zero_reports.terms import Terms

ROWS, DAYS = 8, 3
"""Rows of a register, and daily rows of each of the first of its parent's."""
TRIES = 40
LIVE_TOGETHER = 6
"""People of a household at most."""
FAMILY, GIVEN = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英建华"
VILLAGES = ("南村", "北村", "东村", "西村", "河口村", "庙头村")
WORDS: Mapping[str, Sequence[str]] = {
    "point": ("南村桥头", "北村路口", "河口渡口", "果园小路", "铁路涵洞", "庙头岔道", "东村后山", "西村机井房"),
    "place": ("南村文化广场", "北村卫生室", "东村村委会", "农贸市场", "镇敬老院", "西村小学"),
    "finding": ("正常", "发现翻越痕迹，已加固围挡", "正常，劝回一人", "路障移位，已复原"),
    "sent_to": ("原路返回", "返回出发地", "转隔离点登记"),
    "stub": (),
    "explained": ("手续不全，已讲明办法",),
    "follow_up": ("已电话回访，本人已返回", "已回访，表示理解"),
    "agent": ("含氯消毒片", "84消毒液", "过氧乙酸"),
    "notice": ("南告〔2026〕1号", "南告〔2026〕2号", "南告〔2026〕3号"),
    "code": (),
    "emergency": ("孕晚期，可能临时就医", "需每周透析"),
    "shopping": ("村代购，每两日一次", "米面油蔬菜"),
    "wants": ("无", "蔬菜", "降压药", "婴儿奶粉"),
    "village": VILLAGES,
    "item": ("一次性口罩", "防护服", "消毒液", "测温枪", "帐篷"),
    "spec": ("中号", "5升/桶", "20只/包"),
    "measure": ("件", "桶", "包"),
    "use": ("东卡口值守", "村消杀队", "集中隔离点"),
    "source": ("隔离点", "东村垃圾站", "卫生院"),
    "method": ("密闭转运焚烧", "高温处置"),
    "destination": ("市医废处置中心", "县垃圾处理场"),
    "box": ("A-01", "A-02", "B-01", "B-02", "C-01"),
    "left_place": ("一区采样点", "二区采样点", "三区采样点"),
    "came_place": ("县疾控中心", "市检测中心"),
    "incident": ("途中爆胎，换车转运，样本完好",),
    "matter": ("居家隔离观察", "暂停聚集性活动", "不能回家取药", "车辆登记信息有误"),
    "basis": ("传染病防治法第58条", "突发事件应对法第76条"),
    "scope": ("本户", "本院落", "本村"),
    "document": ("关于加强夜间值守的通知", "关于样本转运的紧急通知", "关于物资申领的通知"),
    "sender": ("镇指挥部",),
    "receiver": VILLAGES,
    "condition": ("完好", "轻微磨损"),
    "office": ("镇卫生院", "社会事务办", "指挥部综合组"),
    "answer": ("已协调村医上门送药", "凭单次通行证可出入，已说明办法", "登记有误，已更正并致歉"),
    "content": ("非必要不出村，凭证通行", "卡口登记、消毒请配合", "就医用药请拨打服务电话"),
    "question": ("什么时候可以出村？", "外地亲属能否进村？", "快递怎么取？"),
    "facts": ("连续值守两班，及时处置险情", "交接班迟到，未说明原因"),
    "outcome": ("通报表扬", "批评教育，当日改正"),
    "post": ("东卡口", "西卡口", "村消杀队"),
    "team": ("一班", "二班", "三班"),
    "shift": ("早班", "中班", "夜班"),
    "open_matters": ("喷淋泵待修", "一辆货车等待核实"),
    "orders": ("加密夜间巡查",),
    "equipment": ("扫码、道闸、喷淋正常", "扫码正常，喷淋待修"),
    "anomalies": ("无", "23时短时停电"),
    "reason": ("次密接", "外地返乡", "就医返回"),
    "problem": ("登记漏填来源地", "消毒液浓度不足", "值守人员脱岗"),
    "responsible": ("东卡口", "南村", "西卡口"),
    "measures": ("现场补登并培训", "重新配制并复测", "调整排班"),
    "fix": ("已整改", "已补登，抽查合格"),
    "check": ("现场复查合格",),
    "objection": ("当时正在处置险情",),
    "decision": ("情况属实，予以采纳",),
    "detail": ("每周二、五透析", "降压药一个月量"),
    "regular": ("每周二、五县医院透析", "每月取药"),
    "remark": ("独居", "无"),
}
"""Words by the id of a text field; a field that is not named stays empty unless it is required."""


@dataclass
class Filler:
    """Draws rows of a town's registers from a seed. `gates`: the ids of its gates; `users`: two who write."""

    town: str
    seed: int
    zone: tzinfo
    gates: Sequence[str]
    users: tuple[str, str]
    now: datetime
    draw: random.Random = field(init=False)

    def fill(self, connection: Connection) -> dict[str, int]:
        """Adds every shipped register and its rows; gives how many each has."""
        catalogue.add_shipped(connection, self.town, list(catalogue.shipped()), by="cli", now=self.now)
        found: dict[str, int] = {}
        waiting = {each.register.id: each.register for each in catalogue.every(connection, self.town)}
        while waiting:
            # parents first
            id_ = next(each for each, register in waiting.items() if register.parent not in waiting)
            found[id_] = self._fill(connection, waiting.pop(id_))
        return found

    def report_none(self, connection: Connection) -> None:
        """Sets the hours of zero reports around now, and lets all gates but the last report."""
        hour = min(max(self.now.astimezone(self.zone).hour, 1), 22)
        zero_reports.set_terms(
            connection, self.town, Terms(f"{hour - 1:02}:00", f"{hour + 1:02}:00"), by=self.users[1], now=self.now
        )
        for number, gate in enumerate(self.gates[:-1]):
            text = "劝返 2 人，已登记" if number == 1 else ""
            zero_reports.report(
                connection, self.town, f"gate/{gate}", 2 if text else 0, text, zone=self.zone, by=self.users[0], now=self.now
            )  # fmt: skip

    def _fill(self, connection: Connection, register: Register) -> int:
        # a draw of its own: another register more or less changes nothing in this one
        self.draw = random.Random(f"{self.seed}:{register.id}")
        keeper = kept.keeper(connection, self.town, register.id, self.zone, {})
        links = list(self._links(connection, register))
        for number, each in enumerate(links, 1):
            row = self._added(connection, keeper, each, number)
            for _step in range(self.draw.randint(0, 2)):
                row = self._moved(connection, keeper, row)
        return len(links)

    def _links(self, connection: Connection, register: Register) -> list[Links]:
        gate = None if register.gate == "off" else self.draw.choice(list(self.gates))
        if register.parent is None:
            return [Links(gate=None if gate is None else self.draw.choice(list(self.gates))) for _ in range(ROWS)]
        above = catalogue.known(connection, self.town, register.parent).register
        parents = list(store.every(connection, self.town, above, store.Asked(), Role.ADMIN))
        if not register.daily:
            return [Links(parent=each.id, gate=gate) for each in parents]
        today = self.now.astimezone(self.zone).date()
        days = [(today - timedelta(days=back)).isoformat() for back in range(DAYS, 0, -1)]
        return [Links(parent=each.id, day=day, gate=gate) for each in parents[: ROWS // 2] for day in days]

    def _added(self, connection: Connection, keeper: Keeper, links: Links, number: int) -> RegisterRow:
        refused: RefusedError | None = None
        for _try in range(TRIES):
            at = self.now - timedelta(hours=2 * (ROWS * DAYS + 1 - number))
            values = {
                each.id: value
                for each in keeper.register.typed
                if each.id in keeper.asked and (value := self._value(each, number, at)) is not None
            }
            if keeper.register.stock is not None and number <= ROWS // 2:
                values |= {"way": "in", "source": "allotted", "item": WORDS["item"][number % 2], "quantity": 200.0}
                values.pop("spec", None)
            try:
                return keeper.add(connection, Draft(values, links), Writer(self.users[0], Role.ADMIN, at))
            except RefusedError as error:
                refused = error
        raise refused or RefusedError("give a reason")

    def _moved(self, connection: Connection, keeper: Keeper, row: RegisterRow) -> RegisterRow:
        """The row one step on, if one can be taken."""
        state = keeper.register.state(row.state)
        if state is None or not state.next:
            return row
        to = self.draw.choice([each for each in state.next if each != state.late] or list(state.next))
        needs = () if (wanted := keeper.register.state(to)) is None else wanted.needs
        filled: dict[str, Value] = {}
        for name in needs:
            of = keeper.register.field(name)
            value = None if of is None or name in row.values else self._value(of, row.number, self.now, needed=True)
            if value is not None:
                filled[name] = value
        try:
            writer = Writer(self.users[1], Role.ADMIN, self.now)
            return keeper.move(connection, row, to, writer, version=row.version, why="现场核实", values=filled)
        except RefusedError:
            return row

    def _value(self, of: RegisterField, number: int, at: datetime, *, needed: bool = False) -> Value | None:
        if of.type is FieldType.PICTURE:
            return None
        if of.type is FieldType.CHOICES:
            return parse_choices(of, [self.draw.choice(of.choices).id], Here(self.zone))
        text = self._text(of, number, at)
        late = of.id.endswith(("_at", "by")) or of.id in ("came", "lifted_at")
        if not of.required and not needed and (late or self.draw.random() < 0.3):
            return None
        return parse(of, text, Here(self.zone)) if text else None

    def _text(self, of: RegisterField, number: int, at: datetime) -> str:
        draw, here = self.draw, at.astimezone(self.zone)
        match of.type:
            case FieldType.NAME:
                return draw.choice(FAMILY) + "".join(draw.sample(GIVEN, draw.randint(1, 2)))
            case FieldType.PHONE:
                return f"139{draw.randrange(10**8):08}"
            case FieldType.PLATE:
                return f"鲁B{draw.randrange(10**5):05}"
            case FieldType.PLACE:
                return f"{draw.choice(VILLAGES)}{draw.randint(1, 80)}号"
            case FieldType.DATE:
                ahead = of.id in ("until", "decided_until", "return_by", "answer_by")
                return (
                    (here + timedelta(days=draw.randint(10, 20) if ahead else -draw.randint(0, 3))).date().isoformat()
                )
            case FieldType.TIME:
                ahead = of.id in ("due", "until", "planned", "sign_by")
                moment = here + timedelta(minutes=draw.randint(60, 300) if ahead else -draw.randint(0, 50))
                return moment.strftime("%Y-%m-%d %H:%M")
            case FieldType.NUMBER | FieldType.COUNT:
                return self._number(of)
            case FieldType.CHOICE:
                return draw.choice(of.choices).id
            case FieldType.FLAG:
                return draw.choice(("是", "否", "否"))
            case FieldType.GATE:
                return draw.choice(list(self.gates))
            case FieldType.USER:
                return self.users[0]
        words = WORDS.get(of.id, ())
        return draw.choice(words) if words else f"2026-{number:04}" if of.required or of.unique else ""

    def _number(self, of: RegisterField) -> str:
        if of.id == "days":
            return "14"
        least, most = of.min if of.min is not None else 1, of.max if of.max is not None else 60
        if of.id == "people":
            most = LIVE_TOGETHER
        found = self.draw.uniform(max(least, 1), min(most, 60))
        return str(int(found)) if of.type is FieldType.COUNT else f"{found:.1f}"
