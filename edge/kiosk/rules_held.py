"""Says what is missing in the gate's rules and who adds it, for an officer in front of an empty list. Both languages on one screen.

A gate goes on by the rules that it has, also when the operation's end has passed: nobody is locked in by a date.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from dataclasses import dataclass
from datetime import datetime

from edge.contract.policy import Policy
from edge.contract.records import parse_wall
from edge.kiosk.desk import News
from edge.kiosk.times import zone_of
from edge.kiosk.words import _

ADD_OFFICER = "sudo kakou-hub --data /var/lib/kakou-hub user add LOGIN --name NAME --role officer"
PUBLISH = "sudo kakou-hub --data /var/lib/kakou-hub operation publish"


@dataclass(frozen=True, slots=True)
class Lack:
    """Something missing in the gate's rules: what it is, what is to be done, and the command that does it at the hub, if one does."""

    what: str
    do: str
    command: str | None = None


def lack_of_rules(policy: Policy | None, news: News) -> Lack | None:
    """Why nobody can sign on, in the language of the request; None: the rules name officers."""
    if policy is not None and policy.officers:
        return None
    linked = news.connected and news.hub_online
    if policy is not None:
        return Lack(
            _("The rules of this gate name no officer yet."),
            _("At the hub somebody adds the officers; this screen knows them a moment later.")
            if linked
            else _(
                "At the hub somebody adds the officers; there is no link now, this screen knows them when it is back."
            ),
            ADD_OFFICER,
        )
    if linked:
        return Lack(_("The hub has sent no rules yet."), _("At the hub somebody publishes them."), PUBLISH)
    return Lack(
        _("No rules on this gate yet, and no link to the hub."),
        _("Check the network cable, and that the hub runs: the rules come with the link. Until then register by hand."),
    )


def ended(policy: Policy | None, now: datetime) -> tuple[str, str] | None:
    """The line that the operation is over, in both languages; None: the operation goes on, or its end is open."""
    ends = None if policy is None or policy.operation.ends is None else parse_wall(policy.operation.ends)
    if ends is None or now < ends:
        return None
    return (
        f"行动已于 {ends.astimezone(zone_of(policy)):%m-%d %H:%M} 结束，请询问指挥部",
        "operation over: ask the command post",
    )
