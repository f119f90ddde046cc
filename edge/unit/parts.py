"""The parts of a unit, made from its settings.

Tested in `tests/edge/gate/test_commands.py` and `tests/edge/unit/test_unit.py`.
"""

from dataclasses import replace

from edge.camera.frames import Camera
from edge.camera.sources import open_camera
from edge.config import LaneSettings
from edge.contract.facts import Kind
from edge.gate.recovery import Past, recall
from edge.journal.outbox import Outbox

REMEMBERED = 500
"""Records of visits and of alarms that a restart looks at."""
REAL_CAMERAS = ("v4l2:", "picamera2:")
VOICE = "voice"
"""The alarm of a loudspeaker that does not sound."""
MB = 1024 * 1024


def remember(outbox: Outbox) -> Past:
    """What the journal says of the time before this start."""
    asked = [
        *outbox.recent((Kind.SHIFT_STARTED, Kind.SHIFT_ENDED), 1),
        # one for each tank at least
        *outbox.recent((Kind.SOLUTION_PREPARED,), REMEMBERED),
        *outbox.recent((Kind.DISINFECTED,), REMEMBERED),
        *outbox.recent((Kind.ALARM_RAISED, Kind.ALARM_CLEARED), REMEMBERED),
        *outbox.recent((Kind.VISIT_OPENED, Kind.VISIT_CLOSED), REMEMBERED),
        *outbox.unfinished_visits(),
    ]
    by_seq = {kept.record.seq: kept for kept in asked}
    told = recall((by_seq[seq].record, by_seq[seq].private) for seq in sorted(by_seq))
    return replace(told, answered=outbox.answered())


def camera_of(lane: LaneSettings) -> Camera:
    camera = lane.camera
    return open_camera(camera.source, camera.width, camera.height, camera.frames_per_second)
