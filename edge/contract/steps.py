"""Named steps at which a fault campaign ends the process, as `kill -9` would; off, a step is one comparison.

    KAKOU_FAULT=outbox.committed:3       the third time that step is reached, the process is gone

Both sides name their steps here, so that a campaign can visit every one of them.

Tested in `tests/hub/backup/test_make.py`.
"""

import os
import signal
from typing import Final

STEPS: Final = frozenset(
    {
        "outbox.inserted",  # the record is written, not committed: the barrier has not moved
        "outbox.committed",  # durable, and nobody knows it yet
        "outbox.released",  # the hub's ack is written, not committed
        "outbox.pruned",  # records are deleted, not committed
        "uplink.sent",  # a batch has left
        "listener.received",  # messages are understood, nothing is written
        "listener.appended",  # everything is written, not committed
        "listener.committed",  # in the ledger, and the gate has not heard
        "listener.answered",  # the gate has heard, and the broker has not
        "backup.copied",  # the copy is there, unproven
        "backup.packed",  # the file has its name, the watermark has not moved
        "restore.unpacked",  # the files are there, and the ledger epoch is the old one
        "restore.risen",  # a new life is written, and the folder is no town yet
        "restore.named",  # it is one
        "rekey.staged",  # all new keys lie ready, and the old ones count
        "rekey.committed",  # the database says the new ones, the files are the old ones
        "rekey.placed",  # everything is new, and the town is not let open yet
        "destruction.changed",  # a step of a destruction has changed something, and it is not committed
        "destruction.stepped",  # a step is committed, the next one has not begun
        "upgrade.stepped",  # the tables are those of this version, not committed
    }
)
VARIABLE = "KAKOU_FAULT"


def _planned(text: str | None) -> tuple[str, int] | None:
    if not text:
        return None
    step, _, times = text.partition(":")
    if step not in STEPS or not (times or "1").isdigit():
        raise ValueError(f"{VARIABLE}={text!r}: expected one of {', '.join(sorted(STEPS))}, and :N")
    return step, int(times or "1")


_plan = _planned(os.environ.get(VARIABLE))


def reached(step: str) -> None:
    """Says that a step is reached."""
    if _plan is not None:
        _count(step)


def _count(step: str) -> None:
    global _plan  # one process, one plan
    if _plan is None or _plan[0] != step:
        return
    if _plan[1] <= 1:
        os.kill(os.getpid(), signal.SIGKILL)
    _plan = (step, _plan[1] - 1)
