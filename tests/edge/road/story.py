"""The story of a run in plain words: one line for each thing that happened."""

from edge.lane.events import LoopChanged, QrSeen, SprayDone, TimerFired


def line(time: float, step: int, what: object) -> str:
    """One thing that happened, as a line."""
    return f"{time - 1000.0:9.2f} s  #{step:<6} {_words(what)}"


def _words(what: object) -> str:
    match what:
        case str():
            return what
        case LoopChanged(lane, loop, occupied):
            return f"{lane}: -> {loop} {'ON' if occupied else 'off'}"
        case QrSeen(lane, text):
            return f"{lane}: -> read {text[:4]}…{text[-6:]}"
        case TimerFired(lane, timer):
            return f"{lane}: -> timer {timer}"
        case SprayDone(lane, seconds, litres, run=run):
            return f"{lane}: -> spray done, run {run}, {seconds} s, {litres} l"
        case _:
            names = ", ".join(f"{value}" for value in _values(what) if value not in {None, ""})
            return f"-> {type(what).__name__} {names}"


def _values(what: object) -> list[str]:
    out = []
    for name in getattr(what, "__slots__", ()):
        value = getattr(what, name)
        out.append(
            f"…{value[-4:]}" if isinstance(value, str) and len(value) == 32 else str(value) if value is not None else ""
        )
    return out
