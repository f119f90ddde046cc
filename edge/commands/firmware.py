"""Reads the firmware's settings of a Raspberry Pi (config.txt) and says what the firmware would pass over, or what meets a lane's pins.

The firmware itself says nothing of a key that it does not know, takes a comment behind a value for a part of it, and cuts a line at 98
characters. What uses a pin of the lanes otherwise than `gate.toml` wires it is a fault in the section where it stands, whatever the board.

    kakou-gate --data DIR firmware [FILE]        one line for each fault; status 1 if there is any
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path("/boot/firmware/config.txt")
LONGEST = 98
OUTPUTS = frozenset({"barrier", "sprayer", "red", "amber", "green", "buzzer", "outer_trigger", "inner_trigger"})
"""What of a lane the gate drives; all else it reads."""
RELAYS = frozenset({"barrier", "sprayer", "red", "amber", "green"})
"""What must be low from the firmware's first moment on."""
_SECTION = re.compile(
    r"\[(all|none|pi0|pi0w|pi02|pi1|pi2|pi3|pi3\+|pi4|pi400|pi5|pi500|cm0|cm1|cm3|cm3\+|cm4|cm4s|cm5|cm5l|tryboot"
    r"|HDMI:[01]|EDID=\S+|gpio\d+=[01]|0x[0-9a-fA-F]+|board-type=\S+|bootvar\d=\S+|partition=\d+)\]"
)
_KEYS = frozenset(
    [
        "arm_64bit",
        "arm_boost",
        "arm_freq",
        "arm_freq_min",
        "arm_peri_high",
        "armstub",
        "auto_initramfs",
        "autoboot_timeout",
        "avoid_warnings",
        "boot_delay",
        "boot_delay_ms",
        "boot_load_flags",
        "bootcode_delay",
        "boot_partition",
        "camera_auto_detect",
        "cmdline",
        "core_freq",
        "core_freq_min",
        "delete_power_supply",
        "device_tree",
        "device_tree_address",
        "device_tree_end",
        "device_tree_param",
        "disable_camera_led",
        "disable_fw_kms_setup",
        "disable_overscan",
        "disable_poe_fan",
        "disable_splash",
        "disable_touchscreen",
        "display_auto_detect",
        "display_default_lcd",
        "display_lcd_rotate",
        "dtdebug",
        "dtoverlay",
        "dtparam",
        "enable_gic",
        "enable_jtag_gpio",
        "enable_rp1_uart",
        "enable_tvout",
        "enable_uart",
        "erase_eeprom",
        "force_eeprom_read",
        "force_turbo",
        "fsck_on_boot",
        "gpio",
        "gpu_freq",
        "gpu_mem",
        "gpu_mem_1024",
        "gpu_mem_256",
        "gpu_mem_512",
        "hdmi_blanking",
        "hdmi_cvt",
        "hdmi_drive",
        "hdmi_enable_4kp60",
        "hdmi_force_hotplug",
        "hdmi_group",
        "hdmi_ignore_edid",
        "hdmi_mode",
        "hdmi_safe",
        "hdmi_timings",
        "ignore_lcd",
        "include",
        "init_uart_baud",
        "init_uart_clock",
        "initial_turbo",
        "initramfs",
        "kernel",
        "kernel_address",
        "kernel_old",
        "lcd_rotate",
        "max_framebuffers",
        "max_usb_current",
        "os_check",
        "os_prefix",
        "otg_mode",
        "over_voltage",
        "over_voltage_avs",
        "over_voltage_delta",
        "overlay_prefix",
        "overscan_bottom",
        "overscan_left",
        "overscan_right",
        "overscan_top",
        "pciex4_reset",
        "ramfsaddr",
        "ramfsfile",
        "ramfs_address",
        "sdram_freq",
        "sdtv_aspect",
        "sdtv_mode",
        "sha256",
        "start_cd",
        "start_debug",
        "start_file",
        "start_x",
        "fixup_file",
        "fixup_x",
        "temp_limit",
        "temp_soft_limit",
        "test_mode",
        "total_mem",
        "uart_2ndstage",
        "upstream_kernel",
        "usb_max_current_enable",
    ]
)
_BUSES: Mapping[str, tuple[int, ...]] = {
    "i2c_arm": (2, 3), "i2c1": (2, 3), "i2c": (2, 3), "i2c0": (0, 1), "i2c_vc": (0, 1), "spi": (7, 8, 9, 10, 11), "i2s": (18, 19, 20, 21),
    "uart0": (14, 15),
}  # fmt: skip
"""Pins that a parameter of the board's own takes when it is on."""
_OVERLAYS: Mapping[str, tuple[str, int]] = {
    "gpio-shutdown": ("gpio_pin", 3), "gpio-poweroff": ("gpiopin", 26), "w1-gpio": ("gpiopin", 4), "w1-gpio-pullup": ("gpiopin", 4),
    "gpio-fan": ("gpiopin", 12), "gpio-key": ("gpio", 3), "gpio-led": ("gpio", 19), "gpio-ir": ("gpio_pin", 18), "dht11": ("gpiopin", 4),
    "pps-gpio": ("gpiopin", 18), "pwm": ("pin", 18), "act-led": ("gpio", 47),
}  # fmt: skip
"""Overlays on a pin: the parameter that names it, and the pin without it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A line of the file that the firmware acts on."""

    line: int
    section: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class FirmwareFault:
    """What is wrong with a line (0: with the file), in one line of words."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


def lint(text: str, lanes: Mapping[str, Mapping[str, int]]) -> list[FirmwareFault]:
    """Every fault of a config.txt, in the order of its lines. `lanes`: of each lane the BCM number of what is fitted, by name."""
    settings: list[Setting] = []
    faults = list(_read(text, settings))
    wired = {number: (f"lane {lane}: {name}", name) for lane, pins in lanes.items() for name, number in pins.items()}
    for setting in settings:
        faults += [FirmwareFault(setting.line, words) for words in _meets(setting, wired)]
    faults += [FirmwareFault(0, words) for words in _left_high(settings, wired)]
    return sorted(faults, key=lambda fault: (fault.line == 0, fault.line))


def _read(text: str, settings: list[Setting]) -> Iterator[FirmwareFault]:
    section = "all"
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if len(raw) > LONGEST:
            yield FirmwareFault(number, f"{len(raw)} characters: the firmware reads the first {LONGEST}")
        if line.startswith("["):
            section = line.strip("[]")
            if not _SECTION.fullmatch(line):
                yield FirmwareFault(number, f"{line}: no section that the firmware knows")
            continue
        found = re.match(r"(include|initramfs) (.+)|([A-Za-z0-9_]+)(?::[01])?=(.*)", line)
        if found is None:
            yield FirmwareFault(number, f"{line!r}: expected key=value")
            continue
        setting = Setting(number, section, found[1] or found[3], found[2] or found[4])
        if setting.key not in _KEYS:
            yield FirmwareFault(number, f"{setting.key}: no key that the firmware knows")
        if "#" in setting.value:
            yield FirmwareFault(
                number, f"{setting.key}: a comment behind a value becomes a part of it: put it on a line of its own"
            )
        settings.append(setting)


def _meets(setting: Setting, wired: Mapping[int, tuple[str, str]]) -> Iterator[str]:
    """What a setting does to a pin that a lane uses otherwise."""
    if setting.key == "gpio":
        pins, _, does = setting.value.partition("=")
        for number in _numbers(pins):
            if number not in wired:
                continue
            where, name = wired[number]
            words = does.split(",")
            if name in OUTPUTS and "dh" in words:
                yield f"gpio {number} is {where}: switched on while the firmware starts"
            elif name in OUTPUTS and "ip" in words:
                yield f"gpio {number} is {where}: an output, made an input"
            elif name not in OUTPUTS and "op" in words:
                yield f"gpio {number} is {where}: an input, driven as an output"
        return
    for number in taken(setting):
        if number in wired:
            yield f"{setting.key}={setting.value} takes gpio {number}, which is {wired[number][0]}"


def taken(setting: Setting) -> tuple[int, ...]:
    """The pins that a setting takes for the board itself."""
    name, *parameters = setting.value.split(",")
    if setting.key == "enable_uart":
        return (14, 15) if setting.value == "1" else ()
    if setting.key == "dtparam":
        pairs = [part.partition("=") for part in (name, *parameters)]
        on = [key for key, _, value in pairs if value in ("", "on", "yes", "true", "1")]
        return tuple(pin for key in on for pin in _BUSES.get(key, ()))
    if setting.key == "dtoverlay" and name in _OVERLAYS:
        word, default = _OVERLAYS[name]
        given = dict(part.partition("=")[::2] for part in parameters)
        value = given.get(word, str(default))
        return (int(value),) if value.isdecimal() else ()
    return ()


def _left_high(settings: Iterable[Setting], wired: Mapping[int, tuple[str, str]]) -> Iterator[str]:
    """Relays that no line of every board's section drives low."""
    low = {
        number
        for setting in settings
        if setting.key == "gpio" and setting.section == "all"
        for number in _numbers(setting.value.partition("=")[0])
        if {"op", "dl"} <= set(setting.value.partition("=")[2].split(","))
    }
    for number, (where, name) in sorted(wired.items()):
        if name in RELAYS and number not in low:
            yield f"gpio {number} is {where}: not driven low before the gate starts: gpio={number}=op,dl under [all]"


def _numbers(text: str) -> Iterator[int]:
    """The pins of `17,27` or `4-6`."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            yield from range(int(first), int(last or first) + 1)
