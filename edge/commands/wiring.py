"""The wiring of a gate as its `gate.toml` has it: a table, and a drawing of the Raspberry Pi's header, both from the pins that the gate reads.

kakou-gate --data DIR wiring                 the table (Markdown)
kakou-gate --data DIR wiring --svg FILE      the drawing, on A4 in both languages
"""

from collections.abc import Mapping
from html import escape

from edge.commands.firmware import OUTPUTS

Lanes = Mapping[str, Mapping[str, int]]
"""Of each lane the BCM number of what is fitted, by name."""
HEADER = {
    2: 3, 3: 5, 4: 7, 14: 8, 15: 10, 17: 11, 18: 12, 27: 13, 22: 15, 23: 16, 24: 18, 10: 19, 9: 21, 25: 22, 11: 23, 8: 24, 7: 26, 0: 27, 1: 28,
    5: 29, 6: 31, 12: 32, 13: 33, 19: 35, 16: 36, 26: 37, 20: 38, 21: 40,
}  # fmt: skip
"""BCM number -> pin of the 40-pin header."""
GROUNDS = (6, 9, 14, 20, 25, 30, 34, 39)
POWER = {1: "3.3 V", 17: "3.3 V", 2: "5 V", 4: "5 V"}
NAMES = {
    "outer_loop": ("外侧地感", "outer loop"),
    "inner_loop": ("内侧地感", "inner loop"),
    "disinfected": ("“已消毒”按钮", "button Disinfected"),
    "turn_back": ("“劝返”按钮", "button Turn back"),
    "emergency": ("“急救放行”按钮", "button Emergency"),
    "barrier": ("道闸继电器", "barrier relay"),
    "sprayer": ("喷淋继电器", "sprayer relay"),
    "red": ("红灯", "red lamp"),
    "amber": ("黄灯", "amber lamp"),
    "green": ("绿灯", "green lamp"),
    "barrier_up": ("道闸抬起限位", "end switch up"),
    "barrier_down": ("道闸落下限位", "end switch down"),
    "buzzer": ("蜂鸣器", "buzzer"),
    "flow": ("流量计", "flow sensor"),
    "tank": ("药液箱液位", "tank level"),
    "help": ("求助按钮", "button Help"),
    "outer_trigger": ("外侧测距触发", "outer trigger"),
    "inner_trigger": ("内侧测距触发", "inner trigger"),
    "safety": ("杆下传感器", "third sensor, under the arm"),
}


def ground_of(pin: int) -> int:
    """The ground pin of the header that is nearest."""
    return min(GROUNDS, key=lambda ground: (abs(ground - pin), ground))


def table(lanes: Lanes) -> str:
    """A row for each device, in the order of the header."""
    rows = [(HEADER[number], number, lane, name) for lane, pins in lanes.items() for name, number in pins.items()]
    lines = ["| header pin | BCM | lane | device | | direction | ground |", "|---|---|---|---|---|---|---|"]
    for pin, number, lane, name in sorted(rows):
        zh, en = NAMES[name]
        way = "out, 3.3 V to a relay board" if name in OUTPUTS else "in, a contact to ground"
        lines.append(f"| {pin} | {number} | {lane} | {zh} | {en} | {way} | {ground_of(pin)} |")
    return "\n".join([*lines, ""])


def drawing(lanes: Lanes) -> str:
    """The header seen from above, pin 1 at the top left, with what is wired to each pin: an SVG of A4."""
    wired = {HEADER[number]: (lane, name) for lane, pins in lanes.items() for name, number in pins.items()}
    numbers = {pin: number for number, pin in HEADER.items()}
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 210 297" font-family="sans-serif">',
        '<rect width="210" height="297" fill="white"/>',
        '<text x="105" y="16" font-size="6" text-anchor="middle">接线图 · Wiring</text>',
        '<text x="105" y="23" font-size="3.2" text-anchor="middle">从上方看，1 号脚在左上 · from above, pin 1 at the top left</text>',
        '<rect x="93" y="29" width="24" height="242" fill="none" stroke="black" stroke-width="0.4"/>',
    ]
    for pin in range(1, 41):
        parts += _pin(pin, numbers.get(pin), wired.get(pin))
    note = "继电器高电平吸合，各有下拉电阻；触点只接地，不带电压 · relays active-high with pull-downs; contacts to ground, no voltage"
    parts += [f'<text x="105" y="282" font-size="3" text-anchor="middle">{note}</text>', "</svg>", ""]
    return "\n".join(parts)


def _pin(pin: int, number: int | None, device: tuple[str, str] | None) -> list[str]:
    left = pin % 2 == 1
    y = 36 + (pin - 1) // 2 * 12
    x, label, anchor = (99, 88, "end") if left else (111, 122, "start")
    power = POWER.get(pin) or ("接地 · ground" if pin in GROUNDS else "")
    fill = "black" if device else "#ddd" if power else "white"
    said = f"BCM {number}" if number is not None and not power else power
    parts = [
        f'<circle cx="{x}" cy="{y}" r="2.6" fill="{fill}" stroke="black" stroke-width="0.4"/>',
        f'<text x="{x}" y="{y + 1}" font-size="2.4" text-anchor="middle" fill="{"white" if device else "black"}">{pin}</text>',
    ]
    if device is None:
        grey = f'<text x="{label}" y="{y + 1}" font-size="2.8" text-anchor="{anchor}" fill="#666">{said}</text>'
        return [*parts, grey] if said else parts
    lane, name = device
    zh, en = NAMES[name]
    arrow = "→" if (name in OUTPUTS) != left else "←"
    edge, end = (96.4, 89) if left else (113.6, 121)
    parts += [
        f'<line x1="{edge}" y1="{y}" x2="{end}" y2="{y}" stroke="black" stroke-width="0.5"/>',
        f'<text x="{label}" y="{y}" font-size="3.4" text-anchor="{anchor}">{arrow} {zh} · {escape(en)}</text>',
        f'<text x="{label}" y="{y + 4}" font-size="2.6" text-anchor="{anchor}" fill="#444">{said} · 车道 lane {escape(lane)}</text>',
    ]
    return parts
