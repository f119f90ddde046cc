"""What the demo's registers of people hold from the start: households, persons, people with special needs, their requests, findings.

The same under each seed; times are counted from the founding. Two requests name passes of the scenario, whose crossings mark them while
the demo runs. Tested in `tests/scripts/test_demo_needs.py`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from edge.contract.facts import Outcome
from edge.contract.reasons import Direction, Reason
from edge.contract.records import wall_text
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.inspections.findings import REGISTER as INSPECTIONS
from hub.inspections.findings import FindingHook
from hub.needs.requests import RequestHook
from hub.registers import catalogue, kept
from hub.registers.cells import Value
from hub.registers.checks import Writer
from hub.registers.keeping import Hook, Keeper
from hub.registers.rows import Draft, Links, RegisterRow
from hub.town.town import Town
from scripts.town.scenario import Plan

REGISTERS = ["households", "persons", "special_needs", "need_requests", INSPECTIONS]
VILLAGES = ("姜家埠村", "院后村", "滕家村", "沙岭村")
PEOPLE: tuple[tuple[str, str, str], ...] = (
    ("姜世明", "李秀英", "resident"), ("刘强", "张敏", "resident"), ("滕春雷", "孙丽", "stranded"), ("王德福", "赵桂芝", "isolated"),
    ("崔建国", "于凤兰", "resident"), ("官立军", "刘芳", "visitor"), ("李海涛", "徐静", "resident"), ("孙大伟", "孙桂兰", "resident"),
    ("张文斌", "陈红", "isolated"), ("赵永胜", "周玉珍", "resident"), ("于洋", "吴晓燕", "stranded"), ("徐志刚", "马丽", "resident"),
)  # fmt: skip
"""Of each household its head, who else lives there, and why the head is in the town."""
NEEDY: tuple[tuple[str, int, tuple[str, ...], str], ...] = (
    ("孙桂兰", 71, ("old", "dialysis"), "每周二、四、六透析"), ("刘芳", 29, ("pregnant_high",), "每周产检"),
    ("王德福", 66, ("chronic",), "每月配药"), ("周玉珍", 83, ("old", "disabled"), ""), ("马丽", 31, ("pregnant",), ""),
    ("吴晓燕", 45, ("tumour",), "每三周化疗"), ("姜小禾", 4, ("minor",), ""), ("于凤兰", 77, ("old",), ""),
)  # fmt: skip
WORKERS = ("姜丽萍", "官晓东", "滕海燕", "李国栋")


def fill(town: Town, connection: Connection, planned: Plan, officers: Sequence[str], now: datetime) -> None:
    """Fills the registers of a new demo town. `officers`: the ids of those at its gates; `now`: its founding."""
    catalogue.add_shipped(connection, town.id, REGISTERS, by="cli", now=now)
    admin = next(each.id for each in accounts.every_user(connection) if each.role is Role.ADMIN)
    book = _Book(town, connection, officers, admin, now)
    book.households(_plates(planned))
    book.needs()
    book.requests(_trips(planned))
    book.findings()


class _Book:
    """Writes the demo's rows, so many hours before the founding."""

    def __init__(self, town: Town, connection: Connection, officers: Sequence[str], admin: str, now: datetime):
        self._town, self._connection, self._now = town, connection, now
        self._officers, self._admin = officers, admin
        self._people: list[RegisterRow] = []

    def households(self, plates: Sequence[str]) -> None:
        """Households with their members; some drive vehicles of the scenario."""
        homes, persons = self._keeper("households"), self._keeper("persons")
        for place, (head, other, kind) in enumerate(PEOPLE):
            worker = WORKERS[place % len(WORKERS)]
            values: dict[str, Value] = {
                "address": f"{VILLAGES[place % 4]}{place + 11}号",
                "head": head,
                "grid_worker": worker,
            }
            home = homes.add(self._connection, Draft({**values, "phone": f"1386{place:03}0011"}), self._by(0, 90))
            said: dict[str, Value] = {"name": head, "relation": "head", "kind": kind, "phone": f"1386{place:03}0011"}
            if place < len(plates):
                said["plates"] = plates[place]
            if kind != "resident":
                day = (self._now - timedelta(days=5 + place)).date().isoformat()
                said |= {"came_from": "烟台市莱阳市", "came_on": day, "coming": "back"}
            if kind == "isolated":
                said |= {"measure": "home", "from_day": said["came_on"], "days": 14}
            persons.add(self._connection, Draft(said, Links(parent=home.id)), self._by(0, 89))
            wife: dict[str, Value] = {"name": other, "relation": "spouse", "kind": "resident"}
            persons.add(self._connection, Draft(wife, Links(parent=home.id)), self._by(0, 89))

    def needs(self) -> None:
        """People with special needs."""
        keeper = self._keeper("special_needs")
        for place, (name, age, kinds, regular) in enumerate(NEEDY):
            values: dict[str, Value] = {
                "name": name, "age": age, "kinds": kinds, "phone": f"1390{place:03}2277",
                "address": f"{VILLAGES[place % 4]}{place + 31}号", "grid_worker": WORKERS[place % 4], "grid_phone": f"1375{place:03}5151",
            }  # fmt: skip
            if regular:
                values["regular"] = regular
            self._people.append(keeper.add(self._connection, Draft(values), self._by(1, 88)))

    def requests(self, trips: Mapping[str, str]) -> None:
        """Requests in each state: one overdue, two with passes of the scenario, one whose trip is back and closed."""
        self._request(0, "dialysis", 1.5, 2, "今日透析，需接送")
        self._request(3, "food", 2.0, -0.7, "米面和降压药")
        self._request(1, "birth", 3.0, 1.5, "产检预约 14:00", assigned="刘强")
        row = self._request(4, "care", 1.2, 2.5, "产妇术后换药", assigned="镇卫生院")
        self._moved(row, "on_the_way", 0.5)
        if "out" in trips:
            row = self._request(5, "hospital", -0.01, 5, "化疗复查", assigned="于洋")
            self._trip(row, "out", trips["out"])
        if "in" in trips:
            row = self._request(2, "medicine", -0.01, 4, "县医院送药", assigned="镇卫生院")
            self._trip(row, "in", trips["in"])
        row = self._request(6, "infant", 6.0, 3, "奶粉、纸尿裤", assigned="滕海燕")
        row = self._moved(row, "on_the_way", 5)
        self._moved(row, "delivered", 4, delivered_at=self._at(4), signed_by="姜世明")
        row = self._request(0, "dialysis", 50, -42, "透析", assigned="孙大伟")
        row = self._moved(row, "on_the_way", 49)
        said = {
            "out_at": self._at(48.5),
            "out_gate": "east",
            "back_at": self._at(43),
            "back_gate": "east",
            "trip": "out",
        }
        row = self._moved(row, "delivered", 43, delivered_at=self._at(43), **said)
        self._moved(row, "closed", 26, follow_up="已回访，透析顺利，下次周四")
        row = self._request(7, "other", 30, -28, "要求外出走亲")
        self._moved(row, "refused", 29, why="非就医等必需事项，已解释并登记电话")

    def findings(self) -> None:
        """Findings in each state, one of them overdue."""
        self._finding("登记本晚八点后漏登两车", "registering", 3, 5)
        row = self._finding("消毒液配制时间未填写", "disinfection", 9, -1, responsible="东卡口", person="王伟")
        self._stepped(row, "assigned", 8, 0, study="交接班时未核对配液记录")
        row = self._finding("值守人员未戴护目镜", "protection", 20, 6, responsible="南卡口")
        row = self._stepped(row, "assigned", 19, 0)
        self._stepped(row, "fixed", 2, 1, fix="已补发并当场佩戴", fixed_at=self._at(2))
        row = self._finding("夜间照明灯损坏", "supplies", 30, -10, responsible="西卡口")
        row = self._stepped(row, "fixed", 12, 1, fix="已更换灯具", fixed_at=self._at(12))
        self._stepped(row, "checked", 3, 2, check="夜间到场查看，照明正常")
        for problem, late, closed in (("路锥摆放影响救护车通行", 26, 25), ("药液桶未加盖", 22, 20)):
            row = self._finding(problem, "order", 40, -24, responsible="北卡口")
            row = self._stepped(row, "fixed", late, 1, fix="已整改", fixed_at=self._at(late))
            row = self._stepped(row, "checked", closed + 1 if closed + 1 < late else closed, 2, check="已到场复查")
            self._stepped(row, "closed", closed, None, closed_at=self._at(closed))
        row = self._finding("交接班缺签字", "duty", 8, 3, responsible="东卡口")
        self._stepped(row, "objected", 6, 1, objection="电子交接已签，纸质为重复要求")
        row = self._finding("车辆等候超过十分钟", "service", 28, 4, responsible="西卡口")
        row = self._stepped(row, "objected", 27, 1, objection="系恶劣天气所致")
        self._stepped(row, "upheld", 24, None, decision="应启用备用车道，仍须整改")
        row = self._finding("照片未上传", "records", 33, 5, responsible="南卡口")
        row = self._stepped(row, "objected", 32, 1, objection="照片为选填")
        self._stepped(row, "withdrawn", 31, None, why="异议成立：照片不作考核依据")

    def _request(self, person: int, need: str, ago: float, due: float, detail: str, assigned: str = "") -> RegisterRow:
        keeper, who = self._keeper("need_requests"), self._people[person]
        values: dict[str, Value] = {
            "need": need, "detail": detail, "caller": str(who.values["name"]), "caller_phone": str(who.values["phone"]),
            "called_at": self._at(ago), "taken_by": self._officers[0], "due": self._at(-due),
        }  # fmt: skip
        row = keeper.add(self._connection, Draft(values, Links(parent=who.id)), self._by(0, ago))
        if assigned:
            row = self._moved(row, "assigned", ago, assigned_to=assigned)
        return row

    def _trip(self, row: RegisterRow, shape: str, pass_id: str) -> None:
        links = Links(parent=row.links.parent, pass_id=pass_id)
        draft = Draft({**row.values, "trip": shape}, links)
        self._keeper("need_requests").change(self._connection, row, draft, self._by(0, -0.01), version=row.version)

    def _moved(self, row: RegisterRow, to: str, ago: float, *, why: str = "", **values: Value) -> RegisterRow:
        keeper = self._keeper("need_requests")
        return keeper.move(self._connection, row, to, self._by(0, ago), version=row.version, why=why, values=values)

    def _finding(self, problem: str, category: str, ago: float, due: float, **values: Value) -> RegisterRow:
        said = {"problem": problem, "category": category, "how": "term", "until": self._at(-due), **values}
        said |= {"found_by": self._officers[0], "found_at": self._at(ago)}
        gate = {"东卡口": "east", "南卡口": "south", "西卡口": "west", "北卡口": "north"}.get(
            str(values.get("responsible"))
        )
        return self._keeper(INSPECTIONS).add(self._connection, Draft(said, Links(gate=gate)), self._by(0, ago))

    def _stepped(
        self, row: RegisterRow, to: str, ago: float, officer: int | None, *, why: str = "", **values: Value
    ) -> RegisterRow:
        keeper, by = self._keeper(INSPECTIONS), self._by(officer, ago)
        return keeper.move(self._connection, row, to, by, version=row.version, why=why, values=values)

    def _keeper(self, register: str) -> Keeper:
        hooks: dict[str, Hook] = {"need_requests": RequestHook(), INSPECTIONS: FindingHook(self._town.id)}
        return kept.keeper(self._connection, self._town.id, register, self._town.settings.zone, hooks)

    def _by(self, officer: int | None, ago: float) -> Writer:
        """Who writes, so many hours before the founding: an officer of a gate, or the admin.

        A town of one gate has one officer: what the second does the first does there, and the admin what the third does, who decides.
        """
        at = self._now - timedelta(hours=ago)
        officer = 0 if officer == 1 and len(self._officers) == 1 else officer
        if officer is None or officer >= len(self._officers):
            return Writer(self._admin, Role.ADMIN, at)
        return Writer(self._officers[officer], Role.SUPERVISOR, at)

    def _at(self, ago: float) -> str:
        return wall_text(self._now - timedelta(hours=ago))


def _plates(planned: Plan) -> list[str]:
    """Plates of the scenario's vehicles that come with a pass of their own."""
    return list(dict.fromkeys(each.pass_.plate for each in planned.passes if each.vehicle_class == "resident"))[
        : len(PEOPLE)
    ]


def _trips(planned: Plan) -> dict[str, str]:
    """A pass with which the scenario drives out and back, and one with which it comes in and leaves, by the trip's shape."""
    ids = {each.text: each.pass_.id_hex for each in planned.passes}
    found: dict[str, str] = {}
    for vehicles in planned.vehicles.values():
        for each in vehicles:
            if each.once or each.expect is None or each.shows not in ids:
                continue
            if each.expect.reason is Reason.PRIORITY and each.expect.outcome is Outcome.PASSED:
                found.setdefault("out" if each.direction is Direction.OUT else "in", ids[each.shows])
    return found
