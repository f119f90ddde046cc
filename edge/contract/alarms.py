"""Every alarm of a gate: its code and its words, the same on the gate's screen and at the hub. The part that notices a fault raises it.

A code that is not in the table comes from a newer gate and is shown as it is.
"""

from typing import NamedTuple


class AlarmWords(NamedTuple):
    """The words for an alarm."""

    zh: str
    en: str


CAMERA = "camera"
CAMERA_SETTINGS = "camera_settings"
"""The camera delivers pictures and did not take a control that gate.toml names."""
DECODER = "decoder"
PICTURES = "pictures"
NOT_FITTED = "not_fitted"
"""Something that gate.toml names and the lane can do without cannot be opened: buzzer, flow sensor, tank switch …"""
JOURNAL = "journal_full"
"""The journal takes no records: full, damaged, or gone."""
JOURNAL_ANEW = "journal_anew"
"""Another journal than the last start's begins: a new card, or the file was gone; ends when the hub has acknowledged it."""
LISTS_ANEW = "lists_anew"
"""The file of the lists was damaged and moved aside; ends when policy and pass list have come again."""
CLOSED = "closed_to_paper"
"""Too little room for another visit: nobody is judged, the paper procedure holds; ends by itself."""
FILLING = "disk_filling"
NO_SOLUTION = "no_solution"
SOLUTION_LOW = "solution_low"
NO_FLOW = "no_flow"
FLOW_UNASKED = "flow_unasked"
TANK_LOW = "tank_low"
UNREGISTERED = "unregistered_passage"
"""A vehicle drove through a barrier that had not come down yet; of all passages the detail is lane and direction."""
FORCED = "forced_passage"
"""A vehicle drove through though it was not let through."""
TAILGATING = "tailgating"
"""A vehicle followed through behind one that was let through."""
REVERSING = "reversing"
"""A vehicle was under the barrier and went back."""
UNCLEAR = "unclear_passage"
"""The sensors cannot say whether a vehicle drove through or went back."""
BARRIER_STUCK = "barrier_stuck"
HELP = "help"
WATCH_LIST = "watch_list"
"""A watched vehicle is at a lane; the detail is its visit, never its plate."""

PASSAGES = frozenset({UNREGISTERED, FORCED, TAILGATING, REVERSING, UNCLEAR})
"""Alarms of what a vehicle did: each is shown and recorded, and ends when the lane is free again."""

ALARMS: dict[str, AlarmWords] = {
    JOURNAL: AlarmWords("记录无法保存", "records cannot be kept"),
    CAMERA: AlarmWords("摄像头故障，请手工登记", "camera failed: register by hand"),
    CAMERA_SETTINGS: AlarmWords("摄像头部分参数无法设置", "the camera refuses a setting"),
    DECODER: AlarmWords("识码程序未启动，请手工登记", "codes cannot be read: register by hand"),
    PICTURES: AlarmWords("抓拍图片无法保存", "pictures are not kept"),
    NOT_FITTED: AlarmWords("部分设备无法使用", "a device of the lane cannot be used"),
    JOURNAL_ANEW: AlarmWords("本机记录已丢失，已重新开始记录", "this gate's journal was gone: a new one begins"),
    LISTS_ANEW: AlarmWords("名单文件损坏，等待重新下发", "the lists were damaged: they are sent again"),
    NO_SOLUTION: AlarmWords("无有效消毒液", "no valid disinfectant"),
    SOLUTION_LOW: AlarmWords("消毒液将用完", "the solution is nearly used up"),
    NO_FLOW: AlarmWords("喷洒无流量", "the sprayer is on and nothing flows"),
    FLOW_UNASKED: AlarmWords("未喷洒却有流量", "solution flows while the sprayer is off"),
    TANK_LOW: AlarmWords("药液箱液位低", "the tank is low"),
    UNREGISTERED: AlarmWords("栏杆未落下时有车未登记驶过", "a vehicle drove through unregistered"),
    FORCED: AlarmWords("有车闯卡", "a vehicle drove through without being let through"),
    TAILGATING: AlarmWords("有车尾随通过", "a vehicle followed another through"),
    REVERSING: AlarmWords("有车倒车驶离", "a vehicle went back from under the barrier"),
    UNCLEAR: AlarmWords("车辆是否通过不明，请核实", "unclear whether a vehicle went through: look"),
    BARRIER_STUCK: AlarmWords("栏杆未到位：用钥匙操作", "the barrier did not move as told: use the key"),
    HELP: AlarmWords("请求支援", "help is asked for"),
    WATCH_LIST: AlarmWords("布控车辆在场", "a watched vehicle is here"),
    "wrong_pin": AlarmWords("密码输错", "a wrong PIN was entered"),
    "voice": AlarmWords("语音播报故障", "the loudspeaker does not sound"),
    CLOSED: AlarmWords("磁盘将满，改用纸质登记", "disk nearly full: paper procedure"),
    FILLING: AlarmWords("磁盘将满", "the disk is filling up"),
    "bad_command": AlarmWords("指令被拒收", "an order of the hub was refused"),
    "bad_policy": AlarmWords("收到的规则无效", "invalid rules arrived"),
    "bad_passlist": AlarmWords("收到的名单无效", "an invalid pass list arrived"),
    "bad_sightings": AlarmWords("收到的出入动态无效", "invalid sightings arrived"),
    "bad_ack": AlarmWords("收到的回执无效", "an invalid receipt arrived"),
}
