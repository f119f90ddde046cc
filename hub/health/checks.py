"""The list of checks, and running them: each thing that can be wrong with a hub, in the order in which a person looks at it.

The page, `kakou-hub doctor` and `/metrics` show what this list finds, and nothing else.

Tested in `tests/hub/health/test_checks.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import structlog

from hub.database.engine import UnusableError, made_by_another_version
from hub.errors import Words
from hub.health import of_gates, of_machine, of_store
from hub.health.finding import RANK, Finding, Look, State

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at: its name for machines, its title, and the look."""

    name: str
    title: Words
    look: Callable[[Look], Iterator[Finding]]


CHECKS: tuple[Check, ...] = (
    Check("pages", Words("Console"), of_machine.pages),
    Check("database", Words("Database and ledger"), of_store.database),
    Check("broker", Words("Broker"), of_machine.broker),
    Check("listener", Words("Listener"), of_machine.listener),
    Check("gate", Words("Gates"), of_gates.gates),
    Check("disk", Words("Disk"), of_machine.disk),
    Check("backup", Words("Backups"), of_machine.backup),
    Check("certificate", Words("Certificates"), of_machine.certificates),
    Check("clock", Words("The hub's clock"), of_machine.hub_clock),
    Check("version", Words("Software"), of_machine.versions),
    Check("queue", Words("Waiting"), of_store.queues),
    Check("audit", Words("Audit"), of_store.audit),
    Check("slow", Words("Slow statements"), of_store.slow_statements),
)


@dataclass(frozen=True, slots=True)
class Result:
    """A check with what it found."""

    check: Check
    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        """The worst of its findings."""
        return worst(self.findings)


def examine(look: Look, checks: Sequence[Check] = CHECKS) -> list[Result]:
    """Runs the checks, one after the other; one that fails itself is a finding, and stops no other."""
    return [Result(each, _found(each, look)) for each in checks]


def worst(findings: Sequence[Finding]) -> State:
    """The worst state among findings; in order where there are none."""
    return max((each.state for each in findings), key=RANK.__getitem__, default=State.OK)


def _found(check: Check, look: Look) -> tuple[Finding, ...]:
    try:
        return tuple(check.look(look))
    except UnusableError as error:
        log.warning("health.database", check=check.name, error=str(error).splitlines()[0])
        says, do = Words("the database cannot be asked"), Words("Look at the disk; restore a backup if it is damaged.")
        if made_by_another_version(error):
            says = Words("the database has other tables than this version")
            do = Words("An older version made it: start this version's listener, which brings it up to date.")
        return (Finding(State.FAULT, says, do),)
    except Exception as error:
        # what the database holds may be of an older version, and a machine may lack anything: the other checks go on
        log.exception("health.check", check=check.name)
        return (
            Finding(
                State.FAULT, Words("this check failed: %(error)s", error=type(error).__name__), Words("Report it.")
            ),
        )
