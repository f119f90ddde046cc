"""Reads the pulses of a flow sensor: how long and how much flowed, and what is wrong. Pure; times are monotonic seconds."""

from dataclasses import dataclass, replace

GAP = 1.0
"""Seconds between two pulses up to which it flowed in between."""
RUN_ON = 1.5
"""Seconds after the sprayer's end in which the pipe may still empty itself."""
UNASKED = 3
"""Pulses with the sprayer off that are no accident."""
QUIET = 5.0
"""Seconds without a pulse after which flow that nobody asked for is over."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The state of a flow sensor. `on`, `off`: when the sprayer was switched so last; `last`: the last pulse; of the run: `pulses`,
    `seconds` of flow. `unasked`: pulses since it ran dry of a reason; `dry`: the sprayer is on and nothing flows.
    """

    on: float | None = None
    off: float | None = None
    last: float | None = None
    pulses: int = 0
    seconds: float = 0.0
    unasked: int = 0
    dry: bool = False


def started(flow: Flow, at: float) -> Flow:
    """The sprayer goes on: a new run."""
    return Flow(on=at, last=flow.last, dry=flow.dry)


def stopped(flow: Flow, at: float) -> Flow:
    """The sprayer goes off."""
    return replace(flow, on=None, off=at)


def pulsed(flow: Flow, at: float) -> Flow:
    """The sensor's wheel turned once more."""
    if flow.on is None and (flow.off is None or at - flow.off > RUN_ON):
        return replace(flow, last=at, unasked=flow.unasked + 1)
    since = flow.on if flow.last is None or (flow.on is not None and flow.last < flow.on) else flow.last
    gap = at - since if since is not None else 0.0
    # after the end the litres still count, the seconds do not
    seconds = flow.seconds + (gap if flow.on is not None and gap <= GAP else 0.0)
    return replace(flow, last=at, pulses=flow.pulses + 1, seconds=seconds, dry=False)


def looked(flow: Flow, at: float, dry_after: float) -> Flow:
    """The state after time alone: nothing flows though the sprayer is on, or a flow that nobody asked for is over."""
    if flow.on is not None and at - max(flow.on, flow.last or flow.on) > dry_after:
        return replace(flow, dry=True)
    if flow.unasked and flow.last is not None and at - flow.last > QUIET:
        return replace(flow, unasked=0)
    return flow


def leaks(flow: Flow) -> bool:
    """Returns True if solution flows that nobody asked for."""
    return flow.unasked >= UNASKED
