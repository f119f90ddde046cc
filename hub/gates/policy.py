"""Publishes the town's policy whenever rules, gates or officers change. (`hub.town.operation` builds its fields.)

Tested in `tests/hub/town/test_rules_broken.py`.
"""

from datetime import datetime

from sqlalchemy.engine import Connection

from edge.contract.messages import Signed
from edge.contract.policy import Officer, Policy
from edge.contract.values import LONGEST_LINE
from hub.accounts import store as accounts
from hub.downlink import signed_lists
from hub.errors import HubError, RefusedError
from hub.gates import store as gates
from hub.town.operation import Rules
from hub.town.town import Town


def rules_in_force(town: Town, connection: Connection) -> Rules:
    """The rules to issue passes by: of operation.toml or, while it can't be used, those published last."""
    try:
        return town.rules
    except HubError:
        published = signed_lists.published_rules(connection, town.id)
        if published is None:
            raise RefusedError("operation.toml cannot be used, and no rules were published before") from None
        return published


def publish_policy(town: Town, connection: Connection, now: datetime) -> Signed:
    """The policy as operation.toml, gates and officers now make it; a new version if that differs from the last."""
    known = gates.infos(connection, town.id)
    for where, gate in town.rules.gates_named():
        if gate not in known:
            raise RefusedError("operation.toml: %(where)s: there is no gate %(text)r", where=where, text=gate)
    policy = town.rules.policy(known, _officers(connection), town.settings.timezone)
    last = signed_lists.readable_policy(connection, town.id)
    # a process that runs for weeks may hold older settings: addresses change by `publish_addresses` alone
    hosts = town.settings.broker.hosts if last is None else last.addresses
    policy = policy.model_copy(update={"addresses": hosts})
    return signed_lists.publish(connection, town=town.id, kind="policy", body=policy, key=town.key, now=now)


def publish_names(town: Town, connection: Connection, now: datetime) -> Signed:
    """The policy published last, with the gates, officers and time zone of now; of operation.toml only where none can be read.

    So a gate is retired and a user disabled whatever somebody wrote into that file.
    """
    last = signed_lists.readable_policy(connection, town.id)
    if last is None:
        return publish_policy(town, connection, now)
    named = {
        "gates": gates.infos(connection, town.id),
        "officers": tuple(_officers(connection)),
        "timezone": town.settings.timezone,
    }
    policy = Policy(**(dict(last) | named))
    return signed_lists.publish(connection, town=town.id, kind="policy", body=policy, key=town.key, now=now)


def publish_addresses(town: Town, connection: Connection, now: datetime) -> Signed:
    """The policy published last with the names and addresses at which this town's broker is now reached."""
    publish_names(town, connection, now)
    last = signed_lists.readable_policy(connection, town.id)
    if last is None:
        raise HubError("the policy that was published cannot be read (kakou-hub operation publish makes it anew)")
    policy = last.model_copy(update={"addresses": town.settings.broker.hosts})
    return signed_lists.publish(connection, town=town.id, kind="policy", body=policy, key=town.key, now=now)


def _officers(connection: Connection) -> list[Officer]:
    # no PINs: every gate reads the policy, and only an officer's own gates need his (`wanted`)
    return [Officer(id=user.id, name=user.name[:LONGEST_LINE]) for user in accounts.officers(connection)]
