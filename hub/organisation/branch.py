"""What an account that is limited to a branch of the organisation may write: rows of the branch's units and gates, and nothing else.

What such an account reads is narrowed by its connection (`hub.database.narrowed`); what it writes goes through one that reads everything,
so that each change asks here. Tested in `tests/hub/organisation/test_branch.py`.
"""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from hub.accounts.store import User
from hub.errors import RefusedError
from hub.organisation import store
from hub.organisation.units import NOWHERE, Unit


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch as what may be written: `unit` is its highest unit."""

    unit: str
    units: frozenset[str]
    gates: frozenset[str]

    def holds(self, unit: str | None, gate: str | None) -> bool:
        """Returns True if a row of this unit and this gate is the branch's."""
        return unit in self.units or gate in self.gates

    def check_unit(self, unit: str | None) -> None:
        """`RefusedError` for a unit beyond the branch."""
        if unit is not None and unit not in self.units:
            raise RefusedError("unit %(text)r: it is none of the branch to which this account is limited", text=unit)

    def check_gate(self, gate: str | None) -> None:
        """`RefusedError` for a gate beyond the branch."""
        if gate is not None and gate not in self.gates:
            raise RefusedError("gate %(text)r: it is none of the branch to which this account is limited", text=gate)


def branch_of(connection: Connection, town: str, unit: Unit) -> Branch:
    """The branch below a unit, by a connection that reads everything."""
    units, gates = store.ids_of(connection, town, unit), store.gates_of(connection, town, unit)
    return Branch(unit.id, frozenset(units), frozenset(gates))


def branch_of_user(connection: Connection, town: str, user: User | None) -> Branch | None:
    """The branch to which an account is limited; None: it is not. An account whose unit is gone may write nothing."""
    if user is None or not user.confined:
        return None
    return branch_of(connection, town, store.find(connection, town, user.unit or "") or NOWHERE)
