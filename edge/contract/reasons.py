"""Every reason why a vehicle may pass or is refused: its code, the verdict that follows in each direction, and its words.

The codes are the same in records, on the kiosk, in the web and in the CSV.
"""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """The direction of a vehicle: into the closed-off area, or out of it."""

    IN = "in"
    OUT = "out"


class Verdict(StrEnum):
    """The verdict, which says what the lane does: open; open after an officer looked; hold until disinfected; stop."""

    GO = "go"
    LOOK = "look"
    HOLD = "hold"
    STOP = "stop"


class Colour(StrEnum):
    """The colour of the lane's lamp."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Reason(StrEnum):
    """Every reason for a verdict, on the way in or out."""

    # each also has a row in `VERDICTS` and in `WORDS`

    OK = "ok"
    EXIT_OK = "exit_ok"
    PRIORITY = "priority"
    EMERGENCY = "emergency"
    NO_PASS = "no_pass"
    NOT_A_PASS = "not_a_pass"
    BAD_FORMAT = "bad_format"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    BLOCKED = "blocked"
    WRONG_GATE = "wrong_gate"
    WRONG_CLASS = "wrong_class"
    ALREADY_INSIDE = "already_inside"
    NOT_INSIDE = "not_inside"
    PLATE_MISMATCH = "plate_mismatch"
    WATCH_LIST = "watch_list"
    DISINFECTION_DUE = "disinfection_due"
    DUPLICATE_READ = "duplicate_read"
    CLOCK_UNTRUSTED = "clock_untrusted"
    LISTS_STALE = "lists_stale"


@dataclass(frozen=True, slots=True)
class Words:
    """The words for a reason on the screen: the reason, and what the officer does next."""

    zh: str
    en: str
    do_zh: str
    do_en: str


# reason: (verdict on the way in, verdict on the way out). None: cannot arise in that direction.
VERDICTS: dict[Reason, tuple[Verdict | None, Verdict | None]] = {
    Reason.OK: (Verdict.GO, None),
    Reason.EXIT_OK: (None, Verdict.GO),
    Reason.PRIORITY: (Verdict.GO, Verdict.GO),
    Reason.EMERGENCY: (Verdict.GO, Verdict.GO),
    Reason.NO_PASS: (Verdict.LOOK, Verdict.LOOK),
    Reason.NOT_A_PASS: (Verdict.STOP, Verdict.STOP),
    Reason.BAD_FORMAT: (Verdict.STOP, Verdict.STOP),
    Reason.UNKNOWN_KEY: (Verdict.STOP, Verdict.STOP),
    Reason.BAD_SIGNATURE: (Verdict.STOP, Verdict.STOP),
    Reason.NOT_YET_VALID: (Verdict.STOP, None),
    Reason.EXPIRED: (Verdict.STOP, None),
    Reason.REVOKED: (Verdict.STOP, Verdict.STOP),
    Reason.BLOCKED: (Verdict.STOP, Verdict.STOP),
    Reason.WRONG_GATE: (Verdict.STOP, None),
    Reason.WRONG_CLASS: (Verdict.STOP, None),
    Reason.ALREADY_INSIDE: (Verdict.STOP, None),
    Reason.NOT_INSIDE: (None, Verdict.LOOK),
    Reason.PLATE_MISMATCH: (Verdict.STOP, Verdict.STOP),
    Reason.WATCH_LIST: (Verdict.STOP, Verdict.STOP),
    Reason.DISINFECTION_DUE: (Verdict.HOLD, Verdict.HOLD),
    Reason.DUPLICATE_READ: (Verdict.LOOK, Verdict.LOOK),
    Reason.CLOCK_UNTRUSTED: (Verdict.LOOK, None),
    Reason.LISTS_STALE: (Verdict.LOOK, Verdict.LOOK),
}

_LOOK = ("核对车牌后放行或劝返", "check the plate, then admit or turn back")
_BACK = ("劝返，或登记后处理", "turn back, or register by hand")
_GO = ("放行", "let it pass")

WORDS: dict[Reason, Words] = {
    Reason.OK: Words("通行证有效", "pass valid", *_GO),
    Reason.EXIT_OK: Words("可以驶出", "may leave", *_GO),
    Reason.PRIORITY: Words("优先车辆", "priority vehicle", *_GO),
    Reason.EMERGENCY: Words("应急车辆", "emergency vehicle", "立即放行，事后补录", "open at once, fill in afterwards"),
    Reason.NO_PASS: Words("无通行证", "no pass", *_LOOK),
    Reason.NOT_A_PASS: Words("不是通行证", "not a pass", *_BACK),
    Reason.BAD_FORMAT: Words("通行证格式错误", "pass is malformed", *_BACK),
    Reason.UNKNOWN_KEY: Words("签发密钥未知", "signed by an unknown key", *_BACK),
    Reason.BAD_SIGNATURE: Words("签名不符，疑似伪造", "signature is wrong: forged?", *_BACK),
    Reason.NOT_YET_VALID: Words("通行证未生效", "pass is not valid yet", *_BACK),
    Reason.EXPIRED: Words("通行证已过期", "pass has expired", *_BACK),
    Reason.REVOKED: Words("通行证已吊销", "pass was revoked", *_BACK),
    Reason.BLOCKED: Words("通行证已冻结", "pass is blocked", *_BACK),
    Reason.WRONG_GATE: Words("不准走此卡口", "not for this gate", "指引至准行卡口", "send to an allowed gate"),
    Reason.WRONG_CLASS: Words(
        "此类车辆不准走此卡口", "class may not use this gate", "指引至准行卡口", "send to an allowed gate"
    ),
    Reason.ALREADY_INSIDE: Words("此证已在区内", "already inside", *_LOOK),
    Reason.NOT_INSIDE: Words("无驶入记录", "no entry on record", *_LOOK),
    Reason.PLATE_MISMATCH: Words("车牌与证不符", "plate differs from the pass", *_BACK),
    Reason.WATCH_LIST: Words("布控车辆", "on the watch list", "拦停并上报", "stop and report"),
    Reason.DISINFECTION_DUE: Words("待消毒", "disinfection due", "消毒后自动放行", "opens when disinfected"),
    Reason.DUPLICATE_READ: Words("刚刚已刷过", "read moments ago", *_LOOK),
    Reason.CLOCK_UNTRUSTED: Words("设备时间不可信", "clock not trusted", *_LOOK),
    Reason.LISTS_STALE: Words("名单过旧", "lists are old", *_LOOK),
}

VERDICT_WORDS = {
    Verdict.GO: ("放行", "GO"),
    Verdict.LOOK: ("核对", "CHECK"),
    Verdict.HOLD: ("待消毒", "DISINFECT"),
    Verdict.STOP: ("拦停", "STOP"),
}


def verdict_of(reason: Reason, direction: Direction, *, soft: bool = False) -> Verdict:
    """What the lane does for a reason in a direction; `ValueError` where the contract knows no such pair.

    `soft`: the class's anti-passback only asks for a look at a vehicle that is already inside.
    """
    if soft and reason is Reason.ALREADY_INSIDE and direction is Direction.IN:
        return Verdict.LOOK
    verdict = VERDICTS[reason][0 if direction is Direction.IN else 1]
    if verdict is None:
        raise ValueError(f"{reason} cannot arise on the way {direction}")
    return verdict
