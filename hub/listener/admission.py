"""Keeps the broker's list of admitted gates in line with the policy, which names the gates.

Tested in `tests/hub/broker/test_access.py` and `tests/hub/listener/test_listener.py`.
"""

import structlog
from sqlalchemy.engine import Engine

from hub.downlink import signed_lists
from hub.enrolment.gates import let_gates_in
from hub.gates import store as gates
from hub.listener.connection import Link
from hub.listener.publisher import LOOK_AT_LISTS
from hub.listener.schedule import Duty, Schedule
from hub.town.town import Town

log = structlog.get_logger()


class Admission:
    """Writes the broker's list of gates whenever the policy is another."""

    def __init__(self, town: Town, reading: Engine, link: Link, schedule: Schedule):
        self._town, self._reading, self._link, self._schedule = town, reading, link, schedule
        self._policy: int | None = None

    def renew_if_due(self) -> None:
        """Looks whether the policy is another; on a full disk the list is written later.

        Also while there is no connection: a broker whose list is damaged does not even start.
        """
        if not self._schedule.is_due(Duty.GATES):
            return
        try:
            with self._reading.begin() as connection:
                policy = signed_lists.versions(connection, self._town.id).get("policy")
                if policy != self._policy:
                    let_gates_in(self._town, connection)
                self._link.listen_to(frozenset(gates.believed(connection, self._town.id)))
        except OSError as error:
            log.error("the broker's list of gates can't be written", error=str(error))
            self._schedule.put_off(Duty.GATES)
            return
        self._policy = policy
        self._schedule.succeeded(Duty.GATES)
        self._schedule.again_in(Duty.GATES, LOOK_AT_LISTS)
