"""The parts of a town's data, and what may become of each at an operation's end: destroyed, handed over to the archive, or kept.

    destroy   gone at the hub and at every gate
    archive   written to a sealed file first (encrypted, listed with its hash), then gone here
    keep      stays for a reason, until a day: evidence, an evaluation

What no law lets anybody keep (answers to forms, logs, exports) is destroyed without being asked. A register is a part of its own.

Tested in `tests/hub/destruction/test_decisions.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.engine import Connection

from hub.registers import catalogue

REGISTER = "register:"
"""How the id of a register's part begins."""


class Choice(StrEnum):
    """What becomes of a part."""

    DESTROY = "destroy"
    ARCHIVE = "archive"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the data. `tables`: where its personal values stand; `asked`: somebody decides, else it is destroyed.

    `proposed`: what a register's declaration says.
    """

    id: str
    tables: tuple[str, ...] = ()
    asked: bool = True
    proposed: Choice = Choice.DESTROY

    @property
    def register(self) -> str | None:
        """The register's id, if the part is one."""
        return self.id.removeprefix(REGISTER) if self.id.startswith(REGISTER) else None


FIXED: Mapping[str, Part] = {
    each.id: each
    for each in (
        Part("ledger", ("entries", "visits", "plate_ends", "inside", "last_passed", "sightings", "conflicts", "duty_notes")),
        Part("passes", ("passes",)),
        Part("watch_list", ("watched",)),
        Part("vehicle_notes", ("vehicle_notes",)),
        Part("pictures", ("pictures",)),
        Part("reports", ("reports", "zero_reports")),
        Part("alerts", ("alerts",)),
        Part("orders", ("orders", "dispatches", "village_receipts", "questions", "question_answers", "run_plans")),
        Part("duty_staff", ("duty_staff", "duty_absences")),
        Part("village_plans", ("plan_marks", "units")),
        Part("quarantine", ("quarantine", "ahead")),
        Part("audit", ("audit", "audit_counts")),
        Part("backups", ()),
        Part("exports", ("export_jobs", "register_imports"), asked=False),
        Part("forms", ("answered_forms", "api_answers", "attempts", "sessions", "undone", "feed_targets"), asked=False),
        Part("files", (), asked=False),
        Part("gates", (), asked=False),
    )
}  # fmt: skip
"""The parts that every town has. The audit's, the backups' and the rest's texts go to no archive: `ARCHIVED`."""
ARCHIVED = frozenset(
    {"ledger", "passes", "watch_list", "vehicle_notes", "pictures", "reports", "alerts", "orders", "quarantine"}
)
"""Parts that can be handed over; every register can."""


def every(connection: Connection, town: str) -> dict[str, Part]:
    """The parts of a town, its registers among them."""
    found = dict(FIXED)
    for register in catalogue.every(connection, town):
        id_ = f"{REGISTER}{register.register.id}"
        tables = ("register_rows", "register_history", "register_words", "register_pictures")
        found[id_] = Part(id_, tables, proposed=Choice(register.end))
    return found


def choices(part: Part) -> tuple[Choice, ...]:
    """What may become of a part."""
    if not part.asked:
        return (Choice.DESTROY,)
    if part.id in ARCHIVED or part.register is not None:
        return tuple(Choice)
    return (Choice.DESTROY, Choice.KEEP)
