"""The table of every list and register that can be exported, and the manner in which it is written for a reader."""

from collections.abc import Mapping
from datetime import tzinfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection

from edge.contract.facts import Outcome, ReadBy
from edge.contract.policy import Policy
from edge.contract.reasons import Direction, Reason, Verdict
from edge.contract.topics import HUB
from hub.accounts import privacy
from hub.accounts.roles import Role
from hub.console.labels import LABELS
from hub.errors import RefusedError
from hub.exports import (
    house_lists,
    ledger_lists,
    order_lists,
    pass_lists,
    post_lists,
    register_lists,
    roster_lists,
    run_lists,
)
from hub.exports.asked import Field, Sort
from hub.exports.kinds import ListKind
from hub.exports.writing.cells import Header, Manner, Words
from hub.ledger.queries import OPEN
from hub.passes.store import PassState
from hub.visits import extra_fields, wording
from hub.visits.search import WAITS

_GATE = Field("gate", Sort.CODE)
_SEARCH = Field("search")
_TIMES = (Field("start", Sort.MINUTE), Field("end", Sort.MINUTE))
_DAYS = (Field("since", Sort.DAY, means="start"), Field("until", Sort.LAST_DAY, means="end"))
_BY = {"gate": "=gate"}
_EVERY = (
    ListKind(
        "visits", _("Ledger"), Role.VIEWER, ledger_lists.visits_asked,
        (
            Field("plate"), _GATE, Field("direction", Sort.CODE, frozenset(Direction)),
            Field("outcome", Sort.CODE, frozenset({*Outcome, OPEN})), Field("reason", Sort.CODE, frozenset(Reason)),
            Field("read_by", Sort.CODE, frozenset(ReadBy)), Field("vehicle_class", Sort.CODE),
            Field("verdict", Sort.CODE, frozenset(Verdict)), Field("disinfected", Sort.CODE, frozenset(LABELS["disinfected"])),
            Field("only", Sort.CODE, frozenset(LABELS["only"])), Field("waited", Sort.CODE, frozenset(code for code, *_limits in WAITS)), *_TIMES,
        ),
        words={"": "="}, personal=True,
    ),
    ListKind("entries", _("Entries of the ledger"), Role.SUPERVISOR, ledger_lists.entries_asked, (_GATE, *_TIMES), {"": "="}),
    ListKind(
        "visit_fields", _("Fields of the operation"), Role.VIEWER, ledger_lists.visit_fields_asked, (_GATE, *_TIMES),
        {**_BY, "kind": "kind"}, personal=True,
    ),
    ListKind(
        "inside", _("Inside"), Role.VIEWER, ledger_lists.inside_asked, (_SEARCH,),
        {**_BY, "vehicle_class": "=vehicle_class"},
    ),
    ListKind(
        "passes", _("Passes"), Role.OFFICER, pass_lists.passes_asked,
        (_SEARCH, Field("state", Sort.CODE, frozenset(PassState)), Field("vehicle_class", Sort.CODE)),
        {
            "state": "pass_state", "vehicle_class": "=vehicle_class", "issued_by": "=officer", "blocked_by": "=officer",
            "revoked_by": "=officer", "priority": "=washed_first",
        },
    ),
    ListKind(
        "watched", _("Watch list"), Role.SUPERVISOR, pass_lists.watched_asked, (_SEARCH,),
        {"added_by": "=officer", **dict.fromkeys(("deny_in", "deny_out", "notify"), "=washed_first")},
    ),
    ListKind(
        "alerts", _("Alerts"), Role.VIEWER, post_lists.alerts_asked,
        (
            _SEARCH, Field("severity", Sort.CODE, frozenset(LABELS["severity"])), Field("what", Sort.CODE, frozenset(LABELS["alert"])),
            _GATE, Field("state", Sort.CODE, frozenset(LABELS["alert_state"])), *_DAYS,
        ),
        {**_BY, "severity": "severity", "what": "alert", "acknowledged_by": "=officer", "snoozed_by": "=officer"},
    ),
    ListKind(
        "conflicts", _("Conflicts"), Role.VIEWER, post_lists.conflicts_asked,
        (
            _SEARCH, Field("what", Sort.CODE, frozenset(LABELS["conflict"])), _GATE,
            Field("state", Sort.CODE, frozenset({"open", "settled", "all"})),
        ),
        {**_BY, "what": "conflict", "settled_by": "=officer"},
    ),
    ListKind(
        "orders", _("Orders"), Role.VIEWER, order_lists.orders_asked,
        (
            _SEARCH, Field("state", Sort.CODE, frozenset(LABELS["dispatch"])), Field("recipient", Sort.CODE), _GATE,
            Field("urgent", Sort.CODE, frozenset({"y"})), *_TIMES, *_DAYS,
        ),
        {
            **_BY, "state": "order_state", "urgent": "yes_no", "late": "yes_no",
            **dict.fromkeys(("issued_by", "confirmed_by", "cancelled_by"), "=officer"),
        },
    ),
    ListKind(
        "questions", _("Questions and reports"), Role.OFFICER, order_lists.questions_asked,
        (_SEARCH, Field("state", Sort.CODE, frozenset(LABELS["question_state"])), Field("who", Sort.CODE), *_DAYS),
        {
            "kind": "question_kind", "state": "question_state",
            **dict.fromkeys(("noted_by", "assigned_to", "answered_by", "closed_by"), "=officer"),
        },
    ),
    ListKind(
        "runs", _("Runs"), Role.VIEWER, run_lists.runs_asked,
        (
            _SEARCH, Field("area"), Field("plan", Sort.CODE), Field("state", Sort.CODE, frozenset({"done", "late", "missed"})), *_DAYS,
        ),
        {**_BY, "state": "run_state"},
    ),
    ListKind(
        "run_plans", _("Plans of runs"), Role.OFFICER, run_lists.plans_asked, (_SEARCH,),
        {"vehicle_class": "=vehicle_class", "direction": "=direction", "added_by": "=officer", "stopped_by": "=officer"},
    ),
    ListKind(
        "zero_reports", _("Zero reports"), Role.VIEWER, order_lists.zero_reports_asked, (Field("day", Sort.DAY, means="start"),),
        {"by": "=officer", "late": "yes_no"},
    ),
    ListKind(
        "quarantine", _("Quarantine"), Role.SUPERVISOR, ledger_lists.quarantine_asked, (_SEARCH,),
        {**_BY, "outcome": "judged", "user": "=officer"},
    ),
    ListKind(
        "audit", _("Audit"), Role.SUPERVISOR, house_lists.audit_asked,
        (_SEARCH, Field("user", Sort.CODE), Field("action"), Field("object"), *_TIMES), {"user": "=officer", "action": "action"},
    ),
    ListKind(
        "duties", _("Who was on duty"), Role.SUPERVISOR, post_lists.duties_asked, (Field("name"), *_TIMES),
        dict.fromkeys(("user", "relieves", "ended_by"), "=officer"),
    ),
    ListKind(
        "staff", _("Duty staff"), Role.OFFICER, roster_lists.staff_asked,
        (
            _SEARCH, Field("role", Sort.CODE), _GATE, Field("unit"),
            Field("state", Sort.CODE, frozenset({"serving", "away", "ended"})),
        ),
        personal=True,
    ),
    ListKind(
        "roster", _("Roster"), Role.OFFICER, roster_lists.roster_asked,
        (_GATE, Field("week", Sort.DAY, means="start")), {**_BY, "state": "roster_state"},
    ),
    ListKind(
        "gate_duty", _("On duty at gates"), Role.OFFICER, roster_lists.gate_duty_asked, (_GATE, *_DAYS),
        {**_BY, "officer": "=officer"},
    ),
    ListKind("gates", _("Gates"), Role.VIEWER, house_lists.gates_asked, words={"online": "=washed_first"}),
    ListKind("units", _("Units"), Role.VIEWER, house_lists.units_asked, (_SEARCH, Field("unit", Sort.CODE))),
    ListKind(
        "users", _("Users"), Role.ADMIN, house_lists.users_asked,
        (_SEARCH, Field("role", Sort.CODE, frozenset(Role)), Field("state", Sort.CODE, frozenset({"open", "disabled"}))), {"role": "role"},
    ),
)  # fmt: skip
LISTS: Mapping[str, ListKind] = {each.name: each for each in _EVERY}


OF_BRANCH = frozenset(
    {
        "visits", "visit_fields", "inside", "alerts", "gates", "units", "orders", "questions", "zero_reports", "staff", "roster",
        "gate_duty",
    }
)  # fmt: skip
"""Lists of which an account that is limited to a branch gets its part, beside those of registers."""


def of_branch(name: str) -> bool:
    """Returns True if an account that is limited to a branch may export this list: of it, what is the branch's."""
    return name in OF_BRANCH or name.startswith(register_lists.PREFIX)


def known(name: str) -> ListKind:
    """The list of this name; `RefusedError` if there is none."""
    found = LISTS.get(name)
    if found is None:
        raise RefusedError("list %(name)r: there is no such list", name=name)
    return found


def find(connection: Connection, town: str, name: str) -> ListKind | None:
    """The list of this name, be it of a register of the town; None if there is none."""
    return LISTS.get(name) or register_lists.find(connection, town, name)


def manner(
    kind: ListKind, *, zone: tzinfo, header: Header, role: Role | None, policy: Policy | None, names: Mapping[str, str]
) -> Manner:
    """How a list is written for a role (None: nothing is masked; audit it). Its words are those of the language that is spoken now."""
    if kind.manner is not None:
        return kind.manner(zone, header, role, policy, names)
    masks = {} if role is None else dict(privacy.masks(role))
    if policy is not None:
        masks |= extra_fields.masks(policy.fields, masked=role is not None)
    return Manner(zone, header, masks, {} if header == "machine" else _words(kind, header, policy, names))


def _words(kind: ListKind, language: wording.Language, policy: Policy | None, names: Mapping[str, str]) -> Words:
    by_column = wording.words(language, policy, names)
    if "" in kind.words:
        return by_column
    users = {**names, "cli": gettext("Command line"), HUB: gettext("The hub")}
    by_column = {**by_column, "officer": users}
    return {
        column: by_column[table[1:]] if table.startswith("=") else _labels(table)
        for column, table in kind.words.items()
        if not table.startswith("=") or table[1:] in by_column
    }


def _labels(table: str) -> Mapping[str, str]:
    return {code: str(word) for code, word in LABELS[table].items()}
