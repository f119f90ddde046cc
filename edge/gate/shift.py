"""Who is on shift at the gate: officers sign on and off, and each change is a record first."""

from edge.contract.facts import Kind, ShiftEnded, ShiftStarted
from edge.gate.recorder import Recorder
from edge.lane.actions import Keep
from edge.lane.events import SignedOff


class Shift:
    """The shift at one gate. `officer`: who is on it; None: nobody."""

    def __init__(self, recorder: Recorder, officer: str | None) -> None:
        self._recorder = recorder
        self.officer = officer

    def sign_on(self, officer: str) -> bool:
        """Begins an officer's shift, and ends that of whoever had it. Returns True if the officer is on shift now."""
        if officer == self.officer:
            return True
        ended = [(Keep(Kind.SHIFT_ENDED, ShiftEnded(officer=self.officer)), None)] if self.officer else []
        if not self._recorder.keep(*ended, (Keep(Kind.SHIFT_STARTED, ShiftStarted(officer=officer)), None)):
            return False
        self.officer = officer
        return True

    def sign_off(self, off: SignedOff, open_matters: int) -> bool:
        """Ends the shift; `open_matters`: how many visits and alarms the next officer finds. Returns True if that is kept."""
        if not self.officer:
            return False
        ended = ShiftEnded(officer=self.officer, to=off.to, open_matters=open_matters)
        keeps = [(Keep(Kind.SHIFT_ENDED, ended, private={"remark": off.note} if off.note else {}), None)]
        if off.to is not None:
            keeps.append((Keep(Kind.SHIFT_STARTED, ShiftStarted(officer=off.to)), None))
        if not self._recorder.keep(*keeps):
            return False
        self.officer = off.to
        return True
