"""The operation.toml that a new town begins with: an epidemic closure whose numbers anybody may change.

Tested in `tests/hub/town/test_operation.py`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from edge.contract.facts import Disinfection
from edge.contract.policy import OVERRIDES, TURN_BACK, Coded

ASKABLE = ("origin", "destination", "purpose", "driver", "phone", "occupants")
"""What may be asked of a vehicle that is registered by hand, in the order in which a gate asks it."""
_NO_END = '# ends = "2026-07-01T00:00:00+08:00"'


@dataclass(frozen=True, slots=True)
class OperationChoices:
    """The main choices of an operation: its names, what is asked, disinfection, its end (RFC 3339; None: open).

    `disinfection`: of the classes for which the template requires it. `OPTIONAL` and `OFF` loosen it for these; a class that has less keeps it.
    """

    zh: str = "封控管理"
    en: str = "Town closure"
    disinfection: Disinfection = Disinfection.REQUIRED
    asked: tuple[str, ...] = ASKABLE
    ends: str | None = None


def default_text(starts: str, choices: OperationChoices = OperationChoices()) -> str:
    """The text of the file, for an operation that starts at this time."""
    text = _DEFAULT.format(
        starts=starts,
        turn_back=_toml(TURN_BACK),
        overrides=_toml(OVERRIDES),
        zh=_text(choices.zh),
        en=_text(choices.en),
        asked=", ".join(f'"{each}"' for each in choices.asked),
        ends=_NO_END if choices.ends is None else f'ends = "{choices.ends}"',
    )
    head, *classes = re.split(r"(?=^\[\[classes\]\]$)", text, flags=re.M)
    return head + "".join(_disinfected(each, choices.disinfection) for each in classes)


def _disinfected(block: str, rule: Disinfection) -> str:
    """The block of a class with this rule, unless it has less."""
    strictness = list(Disinfection)
    found = re.search(r'^disinfection = "(\w+)"\n', block, flags=re.M)
    now = Disinfection.REQUIRED if found is None else Disinfection(found[1])
    if strictness.index(now) >= strictness.index(rule):
        return block
    line = f'disinfection = "{rule.value}"\n'
    if found is not None:
        return block.replace(found[0], line)
    return block.replace("default_days", f"{line}default_days", 1)


def _text(value: str) -> str:
    # a TOML text is written as one of JSON is
    return json.dumps(value, ensure_ascii=False)


def _toml(choices: Sequence[Coded]) -> str:
    return "\n".join(f'    {{ id = "{each.id}", zh = "{each.zh}", en = "{each.en}" }},' for each in choices)


_DEFAULT = """\
# The operation: what this town's gates demand. Gates get it signed, with a new version at each change
# (kakou-hub --data DIR operation publish). Class numbers stand in printed passes: never use one again for another class.
id = "op-1"
zh = {zh}
en = {en}
starts = "{starts}"
{ends}   # no pass is valid beyond it, and none is issued after it; left out: that is open
asked = [{asked}]   # of a vehicle registered by hand
spray_seconds = 10
parts = ["tyres", "chassis", "body"]   # what is sprayed: tyres | chassis | body | cab
fail_barrier = "closed"   # where the barrier goes when a gate breaks: closed (an officer opens it by key) | open (until one takes over)
duplicate_seconds = 10    # the same pass again within this time is the same vehicle
stale_hours = 24          # lists older than this are old
unmatched_hours = 24      # an entry with no exit for longer than this is listed apart

# Why officers turn vehicles back: what they choose from at the gate, in this order; id stands in records. A code that is also a
# verdict's reason (no_pass, expired, wrong_gate ...) comes first where that is the verdict. Left out: these.
turn_back = [
{turn_back}
]
# Why they let vehicles pass against the verdict, by name and PIN; words of their own they can always add. Left out: these.
overrides = [
{overrides}
]

# Where vehicles come from and go to, and what for: what the gate's screen offers beside the field, at most 24 of each; anything else
# is typed. A text alone ("青岛") is the same in both languages. Left out: what was typed at the gate before is offered.
places = [
    {{ zh = "镇区", en = "the town" }},
    {{ zh = "下辖村", en = "a village of the town" }},
    {{ zh = "县城", en = "the county seat" }},
    {{ zh = "市区", en = "the city" }},
    {{ zh = "外市", en = "another city" }},
    {{ zh = "外省", en = "another province" }},
]
purposes = [
    {{ zh = "返家", en = "going home" }},
    {{ zh = "上班", en = "work" }},
    {{ zh = "就医", en = "medical care" }},
    {{ zh = "送货", en = "delivery" }},
    {{ zh = "农活", en = "farm work" }},
    {{ zh = "公务", en = "official duty" }},
]
# province = "鲁"   # the first key where plates are typed; left out: the one that most vehicles at that gate have

# The least time from gate to gate: a pass that is faster has been copied.
# [[travel]]
# gates = ["east", "west"]
# least_minutes = 6

# disinfection: required | optional | off; spray_seconds: instead of those above; contact_seconds: how long the solution must
# act before the barrier opens
# gates = ["east"]: only these gates (left out: every gate); default_days, most_days: how long passes are valid
# anti_passback: off | soft (an officer looks) | hard (stop) for a pass that is already inside; passback_hours: and only so long
# transit_minutes: how long a vehicle may stay; colour and mark (circle square triangle diamond hexagon star): on printed passes
[[classes]]
number = 1
id = "resident"
zh = "居民"
en = "Resident"
default_days = 30
most_days = 366
anti_passback = "soft"
passback_hours = 24
colour = "#17568b"
mark = "circle"

[[classes]]
number = 2
id = "village_duty"
zh = "包村"
en = "Village duty"
default_days = 90
most_days = 366
anti_passback = "soft"
passback_hours = 24
colour = "#0b6e4f"
mark = "square"

[[classes]]
number = 3
id = "supplies"
zh = "保供"
en = "Supplies"
default_days = 30
most_days = 183
anti_passback = "soft"
passback_hours = 24
colour = "#8a5a00"
mark = "triangle"

[[classes]]
number = 4
id = "sample_transport"
zh = "采样转运"
en = "Sample transport"
priority = true
default_days = 30
most_days = 183
colour = "#6a3d9a"
mark = "diamond"

[[classes]]
number = 5
id = "refuse_removal"
zh = "清运"
en = "Refuse removal"
default_days = 30
most_days = 183
anti_passback = "soft"
passback_hours = 24
colour = "#5b4636"
mark = "hexagon"

[[classes]]
number = 6
id = "medical"
zh = "医护"
en = "Medical staff"
disinfection = "optional"
default_days = 90
most_days = 366
colour = "#00687a"
mark = "star"

[[classes]]
number = 7
id = "emergency"
zh = "应急"
en = "Emergency"
emergency = true
disinfection = "off"
default_days = 366
most_days = 1098
colour = "#b3261e"
mark = "star"

[[classes]]
number = 8
id = "transit"
zh = "过境"
en = "Transit"
default_days = 1
most_days = 3
anti_passback = "hard"
passback_hours = 12
transit_minutes = 120
colour = "#9c2c6b"
mark = "triangle"

[[classes]]
number = 9
id = "visitor"
zh = "外来"
en = "Visitor"
default_days = 1
most_days = 7
anti_passback = "hard"
passback_hours = 24
colour = "#4a4a4a"
mark = "square"

[[agents]]
id = "chlorine"
zh = "含氯消毒剂"
en = "Chlorine"
concentration = "500 mg/L"

[[agents]]
id = "peracetic_acid"
zh = "过氧乙酸"
en = "Peracetic acid"
concentration = "0.5 %"

[[agents]]
id = "peroxymonosulphate"
zh = "过硫酸氢钾"
en = "Peroxymonosulphate"
concentration = "1:200"
shelf_hours = 72
"""
