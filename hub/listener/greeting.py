"""Gates' hellos and states, in the order in which they came: connections, new journals, witnesses against the ledger.

Tested in `tests/hub/listener/test_listener.py` (a new journal, a late Will) and `test_intake.py`.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.engine import Connection

from edge.contract.messages import Hello
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.destruction import at_gates
from hub.gates import replaced_card, status_words
from hub.gates import store as gates
from hub.ledger.append import append
from hub.ledger.cursors import read_cursors
from hub.ledger.head import read_ledger
from hub.ledger.sent_ahead import left_aside
from hub.ledger.witness import contradiction
from hub.listener.status import Status
from hub.listener.understood import Understood
from hub.town.town import Town

log = structlog.get_logger()


class Greeting:
    """Takes what gates say when they connect and when they are gone."""

    def __init__(self, town: Town, status: Status, now: Callable[[], datetime]):
        self._town, self._status, self._now = town, status, now

    def take(self, connection: Connection, understood: Understood) -> None:
        """Notes in `understood` what the words change in their gates' status."""
        known = gates.connections(connection, self._town.id)
        # in the order in which they came: a Will may lie right behind its gate's hello
        for gate, word in understood.words:
            number, epoch = known.get(gate, (0, None))
            columns = (
                self._greet(connection, gate, word, epoch, understood)
                if isinstance(word, Hello)
                else status_words.state_columns(word, number, epoch)
            )
            known[gate] = (columns.get("conn", number), columns.get("epoch", epoch))
            understood.note(gate, columns)

    def _greet(
        self, connection: Connection, gate: str, hello: Hello, epoch: str | None, understood: Understood
    ) -> status_words.Columns:
        """What a hello changes; a new journal, and a witness against the ledger, are alerts."""
        town, now = self._town, self._now
        if epoch is not None and epoch != hello.epoch:
            held = read_cursors(connection, town.id, [(gate, epoch)])[gate, epoch].committed
            known = (gates.status(connection, town.id, gate), self._status.joined(understood).get(gate, {}))
            detail = replaced_card.alert_text(hello.epoch, epoch, held, replaced_card.last_spoken(epoch, known))
            alerts.raise_(connection, town.id, AlertKind.NEW_JOURNAL, gate, detail, now())
            if at_gates.ask_another_card(connection, town=town.id, gate=gate, now=now()):
                log.info("another card is asked to destroy what it holds", gate=gate)
            left = left_aside(connection, town.id, gate, hello.epoch)
            append(connection, town=town.id, arrived=left, key=town.key, now=now())
        ledger = read_ledger(connection, town.id)
        why = contradiction(connection, ledger, hello.witness, town.key.public_key())
        if why is not None:
            log.error("a gate contradicts the ledger", gate=gate, why=why)
            alerts.raise_(connection, town.id, AlertKind.CONTRADICTED, gate, why, now())
        return status_words.hello_columns(hello, epoch)
