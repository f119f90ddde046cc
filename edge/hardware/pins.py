"""The pins of the board: which factory drives them, and the error when one cannot be had.

Tested in `tests/edge/hardware/test_lane.py`.
"""

import sys
from typing import Any

from gpiozero.exc import GPIOZeroError
from gpiozero.pins.mock import MockFactory


class HardwareError(OSError):
    """Pins cannot be had; the text is one line."""


def pin_errors() -> tuple[type[Exception], ...]:
    """The exceptions that mean that a pin cannot be had: gpiozero's errors, the system's, and lgpio's own class where lgpio is at work.

    For an `except` clause, which asks only once something was raised: importing lgpio leaves a file behind.
    """
    lgpio = sys.modules.get("lgpio")
    own: tuple[type[Exception], ...] = () if lgpio is None else (lgpio.error,)
    return (GPIOZeroError, OSError, ValueError, *own)


def pin_factory(name: str) -> Any:
    """gpiozero's factory of that name: `mock` or `lgpio`. `HardwareError` if this machine has no such pins."""
    if name == "mock":
        return MockFactory()
    try:
        from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory()
    except Exception as error:  # lgpio raises its own class, an import error or an OSError, by version
        raise HardwareError(f"pins: factory {name!r} cannot be opened: {error}") from None


def leave_driven(output: Any) -> None:
    """Whoever closes this output from now on, program or interpreter, does not touch its line: the kernel keeps its level.

    gpiozero would make it an input, and the relay would fall off.
    """
    output.pin.close = lambda: None
