"""Words of the screen in both languages, side by side: what the lane does, and what went wrong."""

from flask_babel import gettext

from edge.contract.messages import Policy
from edge.contract.reasons import WORDS, Reason
from edge.events import LaneView, Phase

PHASES: dict[Phase, tuple[str, str]] = {
    Phase.WAITING: ("等待车辆", "waiting"),
    Phase.ASKING: ("请核对车辆", "check the vehicle"),
    Phase.REFUSED: ("禁止通行", "may not pass"),
    Phase.DISINFECTING: ("正在消毒", "disinfecting"),
    Phase.OPEN: ("栏杆已开，请驶过", "barrier open, drive on"),
    Phase.DRIVING: ("正在通过", "driving through"),
    Phase.RECALLED: ("已劝返，等待驶离", "turned back, waiting for it to leave"),
    Phase.CLOSING: ("栏杆尚未落下：请车辆退离感应线圈", "the barrier is still up: back off the loop"),
}
BEFORE: dict[Reason, tuple[str, str]] = {
    Reason.ALREADY_INSIDE: ("先前驶入", "came in before"),
    Reason.DUPLICATE_READ: ("首次通过", "first passed"),
    Reason.NOT_INSIDE: ("上次驶出", "went out last"),
}
DISINFECTED = ("已消毒", "disinfected")
UNCONFIRMED = ("请人工确认消毒", "confirm the disinfection")
ARRIVED = ("车辆到达，等待读码或登记", "vehicle at the lane: show a pass or register it")
PAPER = (
    "记录无法保存：改用纸质登记，用钥匙开栏",
    "records cannot be kept: register on paper, open the barrier by key",
)
ALARMS: dict[str, tuple[str, str]] = {
    "journal_full": ("记录无法保存", "records cannot be kept"),
    "no_solution": ("无有效消毒液", "no valid disinfectant"),
    "unregistered_passage": ("栏杆未落下时有车未登记驶过", "a vehicle drove through unregistered"),
    "closed_to_paper": ("磁盘将满，改用纸质登记", "disk nearly full: paper procedure"),
    "disk_filling": ("磁盘将满", "the disk is filling up"),
    "bad_command": ("指令被拒收", "an order of the hub was refused"),
    "camera": ("摄像头故障", "camera failed"),
    "bad_policy": ("收到的规则无效", "invalid rules arrived"),
    "bad_passlist": ("收到的名单无效", "an invalid pass list arrived"),
    "bad_sightings": ("收到的出入动态无效", "invalid sightings arrived"),
    "bad_ack": ("收到的回执无效", "an invalid receipt arrived"),
}
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
}


def _(text: str) -> str:
    """A label in the language of the request."""
    return str(gettext(text))


def state_words(lane: LaneView) -> tuple[str, str]:
    """What the lane is doing, in both languages."""
    if lane.unconfirmed:
        return UNCONFIRMED
    if lane.phase is Phase.WAITING and lane.occupied:
        return ARRIVED
    return PHASES[lane.phase]


def reason_words(lane: LaneView) -> tuple[str, str]:
    """Why, in both languages: what was owed and is done says so."""
    if lane.reason is Reason.DISINFECTION_DUE and not lane.owed:
        return DISINFECTED
    return (WORDS[lane.reason].zh, WORDS[lane.reason].en) if lane.reason else ("", "")


def before_words(lane: LaneView, policy: Policy | None) -> tuple[str, str] | None:
    """When and where the vehicle was seen before, in both languages, by the clock of this machine; None: nothing to tell."""
    seen = lane.before
    if seen is None or lane.reason not in BEFORE:
        return None
    info = policy.gates.get(seen.gate) if policy else None
    at = f"{seen.at.astimezone():%m-%d %H:%M:%S}"
    (zh, en), names = BEFORE[lane.reason], (info.zh, info.en) if info else (seen.gate, seen.gate)
    return f"{zh}：{names[0]} {at}", f"{en}: {names[1]}"


def age(seconds: float | None) -> str:
    """A duration, short: 12 s, 5 min, 3 h, 2 d; a dash for none."""
    if seconds is None:
        return "–"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"
