"""What the screen offers instead of typing: places, purposes, and the key of the town's province.

The operation's lists come first, then what was typed at this gate before. A name or a phone number is never offered.

Tested in `tests/edge/kiosk/test_offers.py`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from edge.contract.plates import PROVINCES
from edge.contract.policy import Policy
from edge.kiosk.desk import Known

PLACES = ("origin", "destination")
OFFERED = (*PLACES, "purpose")
"""The fields beside which something is offered."""
MOST = 12
"""Offers beside one field at most, unless the operation's list is longer."""


def offers(field: str, policy: Policy | None, typed: Mapping[str, Sequence[str]], language: str) -> tuple[str, ...]:
    """What is offered beside a field, in the order of the buttons; `typed`: what was typed before, by field (`Desk.typed_before`)."""
    if field not in OFFERED:
        return ()
    terms = () if policy is None else policy.places if field in PLACES else policy.purposes
    listed = [each.zh if language == "zh" else each.en for each in terms]
    # a term that was chosen in the other language is not offered once more
    known = {word for each in terms for word in (each.zh, each.en)}
    elsewhere = [value for other in PLACES if field in PLACES and other != field for value in typed.get(other, ())]
    before = [value for value in (*typed.get(field, ()), *elsewhere) if value not in known]
    room = max(0, MOST - len(listed))
    return tuple(dict.fromkeys(filter(None, (*listed, *list(dict.fromkeys(before))[:room]))))


def provinces(policy: Policy | None, known: Iterable[Known]) -> str:
    """The provinces in the order of their keys: the policy's first, else the one that most of the vehicles at this gate have."""
    often = Counter(each.plate[:1] for each in known if each.plate[:1] in PROVINCES)
    first = (policy.province if policy else None) or next((each for each, _times in often.most_common(1)), "")
    return first + "".join(each for each in PROVINCES if each != first)
