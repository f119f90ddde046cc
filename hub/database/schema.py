"""The tables of the hub, in the order in which a reader needs them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData()


Big = Integer().with_variant(BigInteger(), "postgresql")
"""A number that a gate says: up to 2^53 - 1, as the contract has it."""
Bytewise = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by its bytes, as all text does on SQLite."""


entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Big, nullable=False),
    Column("kind", Text, nullable=False),
    Column("visit", Text),
    Column("raw", Text, nullable=False),
    Column("private", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    UniqueConstraint("town", "gate", "epoch", "seq"),
    Index("entries_visit", "visit"),
    sqlite_autoincrement=True,
)


signatures = Table(
    "signatures",
    metadata,
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("seq", Big, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("sig", Text, nullable=False),
)


ledgers = Table(
    "ledgers",
    metadata,
    Column("town", Text, primary_key=True),
    Column("ledger", Text, nullable=False),
    Column("ledger_epoch", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("chain", Text, nullable=False),
    Column("hub_epoch", Text, nullable=False),
    Column("sig", Text, nullable=False),
)


cursors = Table(
    "cursors",
    metadata,
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("committed", Big, nullable=False),
    Column("backed_up", Big, nullable=False),
    Column("hash", Text, nullable=False),
)


quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("gate", Text),
    Column("topic", Text, nullable=False),
    Column("epoch", Text),
    Column("seq", Big),
    Column("prev", Text),  # prev and hash: it holds its place in the gate's chain, so that poison blocks nothing
    Column("hash", Text),
    Column("why", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("sort", Text, nullable=False, server_default="noise"),  # received.Sort: noise, fork, late, ahead, poison
    UniqueConstraint("town", "digest"),
    Index("quarantine_place", "town", "gate", "epoch", "seq"),
    Index("quarantine_sort", "town", "gate", "sort"),
    Index("quarantine_newest", "town", "gate", "id"),
    sqlite_autoincrement=True,
)


unkept = Table(
    "unkept",
    metadata,
    # what gates sent beyond their limits, and was therefore not kept: how much of which sort, and when
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),  # empty: no gate of the town
    Column(
        "what", Text, primary_key=True
    ),  # received.Sort, or what a message that was dropped unread says (records, hello …)
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
)


bridges = Table(
    "bridges",
    metadata,
    # signed `lost` records that let a cursor jump over a gap before they came in their own place
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("first", Big, primary_key=True, autoincrement=False),
    Column("last", Big, nullable=False),
    Column("seq", Big, nullable=False),
    Column("raw", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("sig", Text, nullable=False),
    Index("bridges_seq", "town", "gate", "epoch", "seq"),
)


ahead = Table(
    "ahead",
    metadata,
    # live batches that came before a backlog: held aside as they came, until the cursor has passed them
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("first", Big, primary_key=True, autoincrement=False),
    Column("last", Big, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("received_at", Text, nullable=False),
)


visits = Table(
    "visits",
    metadata,
    Column("visit_id", Text, primary_key=True),
    Column("operation", Text),
    Column("town", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("lane", Text),
    Column("direction", Text),
    Column("opened_at", Text),
    Column("closed_at", Text),
    Column("received_at", Text, nullable=False),
    Column("clock", Text),
    Column("plate", Text),
    Column("plate_type", Text),
    Column("vehicle_class", Text),
    Column("pass_id", Text),
    Column("read_by", Text),
    Column("verdict", Text),
    Column("reason", Text),
    Column("outcome", Text),
    Column("officer", Text),
    Column("override_by", Text),
    Column("override_reason", Text),
    Column("occupants", Text),
    Column("origin", Text),
    Column("destination", Text),
    Column("purpose", Text),
    Column("driver", Text),
    Column("phone", Text),
    Column("disinfected", Text),
    Column("agent", Text),
    Column("concentration", Text),
    Column("parts", Text),
    Column("washed_first", Boolean),
    Column("spray_seconds", Float),
    Column("contact_minutes", Float),
    Column("disinfection_verified_by", Text),
    Column("remark", Text),
    Column("entry_seq", Big),
    Column("override_what", Text),  # verdict, disinfection
    Column("turn_back_why", Text),  # a code of the operation's
    Column("litres", Float),
    Column("sighting", Integer),  # its number among the sightings; null: the vehicle has not driven through
    Column("opened_said", Text),  # what the gate said instead of a time; `opened_at` is then the hub's time of receipt
    Column("closed_said", Text),
    Index("visits_time", "town", "opened_at", "visit_id"),
    Index("visits_gate", "town", "gate", "opened_at"),
    Index("visits_plate", "town", "plate", "closed_at"),
    Index("visits_pass", "town", "pass_id", "opened_at"),
    Index(
        "visits_bare",
        "town",
        "pass_id",
        "closed_at",
        sqlite_where=text("coalesce(plate, '') = ''"),
        postgresql_where=text("coalesce(plate, '') = ''"),
    ),
    Index(
        "visits_overridden",
        "town",
        "opened_at",
        sqlite_where=text("override_what IS NOT NULL"),
        postgresql_where=text("override_what IS NOT NULL"),
    ),
    Index(
        "visits_emergency",
        "town",
        "opened_at",
        sqlite_where=text("read_by = 'emergency'"),
        postgresql_where=text("read_by = 'emergency'"),
    ),
)


visit_sums = Table(
    "visit_sums",
    metadata,
    # how many visits of which sort there were in an hour, a day and a month (UTC) at a gate
    Column("town", Text, primary_key=True),
    Column("level", Text, primary_key=True),  # hour, day, month
    Column("what", Text, primary_key=True),  # sums.What: what is counted
    Column("gate", Text, primary_key=True),  # empty: all of them together
    Column("span", Bytewise, primary_key=True),  # 2026-03-01T04, 2026-03-01, 2026-03
    Column("code", Text, primary_key=True),  # of the class, the reason … that is counted; empty: none
    Column("n", Big, nullable=False),
    sqlite_with_rowid=False,
)


gate_events = Table(
    "gate_events",
    metadata,
    # what gates recorded besides visits: solutions prepared, alarms, shifts, records that were lost
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("seq", Big, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("at", Bytewise, nullable=False),
    Column("code", Text, nullable=False),  # the batch, the alarm; of a shift nothing
    Column("officer", Text),
    Column("detail", Text, nullable=False),  # JSON
    Index("gate_events_time", "town", "kind", "at"),
    Index("gate_events_gate", "town", "gate", "at"),
)


reports = Table(
    "reports",
    metadata,
    # the daily reports, as they were made from the ledger up to an entry
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("day", Text, nullable=False),  # 2026-03-01: the day on which it is due
    Column("version", Integer, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("made_by", Text, nullable=False),  # a user, or `hub` for the schedule
    Column("entry", Integer, nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON without personal values
    Column("private", Text, nullable=False),  # JSON: the plates of the visits that it names
    Column("hash", Text, nullable=False),  # SHA-256 of the content
    Column("remarks", Text, nullable=False),
    Column("remarks_by", Text),
    Column("remarks_at", Text),
    UniqueConstraint("town", "day", "version"),
    sqlite_autoincrement=True,
)


plate_ends = Table(
    "plate_ends",
    metadata,
    # each plate of the visits under every ending of it, so that any part of a plate is a range of this key
    Column("town", Text, primary_key=True),
    Column("ending", Bytewise, primary_key=True),
    Column("plate", Bytewise, primary_key=True),
    sqlite_with_rowid=False,
)


inside = Table(
    "inside",
    metadata,
    Column("town", Text, primary_key=True),
    Column("vehicle", Text, primary_key=True),  # the plate; a vehicle without one is known by its pass or its visit
    Column("visit_id", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("plate", Text),
    Column("pass_id", Text),
    Column("vehicle_class", Text),
    Column("since", Text, nullable=False),
)


last_passed = Table(
    "last_passed",
    metadata,
    # the last visit of each vehicle that ended with it driving through, by the gates' time: late uploads change nothing
    Column("town", Text, primary_key=True),
    Column("vehicle", Text, primary_key=True),
    Column("visit_id", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("closed_at", Text, nullable=False),
    sqlite_with_rowid=False,
)


sightings = Table(
    "sightings",
    metadata,
    # who went in or out, numbered without a gap in the order in which the ledger learned of it
    Column("town", Text, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("visit", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("pass_id", Text),
    Column("plate", Text),
    Column("at", Text, nullable=False),
    sqlite_with_rowid=False,
)


conflicts = Table(
    "conflicts",
    metadata,
    # facts that contradict each other, and alerts: derived from the hub's own entries
    Column("id", Text, primary_key=True),
    Column("town", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("plate", Text),
    Column("pass_id", Text),
    Column("visit", Text),  # the later visit: the one that made it a conflict
    Column("gate", Text),
    Column("entries", Text, nullable=False),  # JSON: the ids of the entries that are the evidence
    Column("opened_entry", Integer, nullable=False),
    Column("settled_at", Text),
    Column("settled_by", Text),
    Column("settled_reason", Text),
    Column("settled_entry", Integer),
    Index("conflicts_open", "town", "settled_at", "opened_at"),
    Index("conflicts_what", "town", "settled_at", "what"),
    Index("conflicts_visit", "town", "visit"),
    Index("conflicts_plate", "town", "plate"),
    Index("conflicts_pass", "town", "pass_id"),
)


duties = Table(
    "duties",
    metadata,
    # who was on duty at the post, from when to when: derived from the hub's own entries
    Column("entry", Integer, primary_key=True, autoincrement=False),  # the one with which it began
    Column("town", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("shift", Text, nullable=False),  # the post's, from one handover to the next
    Column("started_at", Text, nullable=False),
    Column("relieves", Text),
    Column("offer", Integer),  # the entry of the handover that was taken up
    Column("why", Text, nullable=False),
    Column("open_matters", Integer, nullable=False),
    Column("taken", Text, nullable=False),  # JSON: the matters taken over
    Column("ended_at", Text),
    Column("ended_by", Text),  # who ended it: the officer, the one who relieved him, a supervisor
    Column("ended_why", Text),
    Column("ended_entry", Integer),
    Index("duties_time", "town", "started_at", "entry"),
    Index("duties_open", "town", "ended_at"),
    Index("duties_shift", "town", "shift"),
)


duty_notes = Table(
    "duty_notes",
    metadata,
    # what duty officers wrote down, and how they handed over: derived from the hub's own entries
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("town", Text, nullable=False),
    Column("shift", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("handover", Text),  # JSON: to whom, open matters, figures; null: a note
    Index("duty_notes_shift", "town", "shift", "entry"),
)


duty_staff = Table(
    "duty_staff",
    metadata,
    # who serves at the gates: officers who sign on there, and others who stand beside them
    Column("town", Text, primary_key=True),
    Column("id", Text, primary_key=True),  # s-1, s-2 …
    Column("name", Text, nullable=False),
    Column("phone", Text),
    Column("unit", Text),
    Column("role", Text),  # of duty_roles
    Column("user", Text),  # who signs on at gates under this name
    Column("gates", Text),  # JSON: where he may serve; NULL: at all
    Column("since", Text, nullable=False),  # days, the last one included
    Column("until", Text),
    Column("version", Integer, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Index("duty_staff_name", "town", "name", "id"),
    Index("duty_staff_user", "town", "user"),
)


duty_absences = Table(
    "duty_absences",
    metadata,
    # days on which somebody of the duty staff is away, the last one included
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("staff", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("why", Text, nullable=False),  # leave, ill, training, other
    Index("duty_absences_staff", "town", "staff", "since"),
    sqlite_autoincrement=True,
)


duty_roles = Table(
    "duty_roles",
    metadata,
    # what people do at a gate, as the town names it: police, medical …
    Column("town", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("place", Integer, nullable=False),
)


duty_shifts = Table(
    "duty_shifts",
    metadata,
    # the shifts of the town's gates, by local time; one that ends before it starts goes over midnight
    Column("town", Text, primary_key=True),
    Column("shift", Text, primary_key=True),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("starts", Text, nullable=False),  # 08:00
    Column("ends", Text, nullable=False),
    Column("removed_at", Text),
)


duty_manning = Table(
    "duty_manning",
    metadata,
    # how many people a shift needs at a gate at least, of a role or ("") of any
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("shift", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("least", Integer, nullable=False),
)


roster_rules = Table(
    "roster_rules",
    metadata,
    Column("town", Text, primary_key=True),
    Column("rest_hours", Float, nullable=False),  # between two shifts of a person at least
    Column("late_minutes", Integer, nullable=False),  # after the beginning: late; before the end: early
    Column("absent_minutes", Integer, nullable=False),  # after the beginning, with nobody signed on: an alert
    Column("lead_hours", Integer, nullable=False),  # before the beginning, with a gap: an alert
    Column("leader", Boolean, nullable=False),  # each shift needs a leader on duty
    Column("version", Integer, nullable=False),
)


roster = Table(
    "roster",
    metadata,
    # who serves in which shift at which gate; gate "": the leader on duty of that shift, for the whole town
    Column("town", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # on which the shift begins
    Column("shift", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("staff", Text, primary_key=True),
    Column("starts", Text, nullable=False),  # in UTC, by the shift's times when it was written
    Column("ends", Text, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("published_at", Text),  # NULL: a draft
    Column("dropped_at", Text),  # taken off again since: counts until the week is published anew
    Index("roster_gate", "town", "gate", "starts"),
    Index("roster_staff", "town", "staff", "starts"),
    Index("roster_time", "town", "starts"),
)


roster_weeks = Table(
    "roster_weeks",
    metadata,
    Column("town", Text, primary_key=True),
    Column("week", Text, primary_key=True),  # its Monday
    Column("version", Integer, nullable=False),  # how often it was published
    Column("published_at", Text, nullable=False),
    Column("published_by", Text, nullable=False),
)


roster_presence = Table(
    "roster_presence",
    metadata,
    # from when to when somebody was there, as noted by hand: of those who do not sign on at the gate
    Column("town", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("shift", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("staff", Text, primary_key=True),
    Column("came_at", Text, nullable=False),
    Column("left_at", Text),
    Column("noted_at", Text, nullable=False),
    Column("noted_by", Text, nullable=False),
    Index("roster_presence_time", "town", "came_at"),
)


judged = Table(
    "judged",
    metadata,
    # what became of quarantined messages: derived from the hub's own entries
    Column("town", Text, primary_key=True),
    Column("quarantine", Integer, primary_key=True, autoincrement=False),
    Column("outcome", Text, nullable=False),  # released, dismissed
    Column("user", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Text, nullable=False),
)


receipts = Table(
    "receipts",
    metadata,
    # what gates answered to the hub's orders and commands
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("order", Text, primary_key=True),
    Column("result", Text, primary_key=True),
    Column("officer", Text, primary_key=True, server_default=""),  # who confirmed an order; empty: the gate by itself
    Column("detail", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("late", Boolean),  # by the gate's clock: after the order's `due`; null: the gate does not say
)


clock_sets = Table(
    "clock_sets",
    metadata,
    # when a gate's wall clock was set, by its monotonic clock: what it showed, and what was right
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("seq", Big, primary_key=True, autoincrement=False),
    Column("boot", Text, nullable=False),
    Column("mono_ms", Big, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Index("clock_sets_boot", "town", "gate", "boot", "mono_ms"),
)


undone = Table(
    "undone",
    metadata,
    # what could not be derived or judged, by a fault of ours: to be done again
    Column("town", Text, primary_key=True),
    Column(
        "what", Text, primary_key=True
    ),  # derived (an entry, by its id), judged (a visit), projections (all of them)
    Column("object", Text, primary_key=True),
    Column("why", Text, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
)


alerts = Table(
    "alerts",
    metadata,
    # what an operator must see: not in the ledger's chain, for it may be about the ledger
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("gate", Text),
    Column("detail", Text, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("ended_at", Text),
    Column("acknowledged_at", Text),
    Column("acknowledged_by", Text),
    Column("comment", Text),
    Column("later", Text),  # JSON: the last details that differ from the first; null: none
    Column("subject", Text, nullable=False, server_default=""),  # what tells causes of one kind and gate apart
    Column("lane", Text),
    Column("visit_id", Text),
    Column("conflict_id", Text),
    Column("happened_at", Text),  # by the gate's clock, when it last happened; null: when the hub noticed it
    Column("snoozed_until", Text),
    Column("snoozed_by", Text),
    Column("changed", Integer, nullable=False, server_default="0"),  # counts every change of the town's alerts
    Index("alerts_open", "town", "acknowledged_at", "what"),
    Index("alerts_standing", "town", "ended_at", "what"),
    Index("alerts_changed", "town", "changed"),
    sqlite_autoincrement=True,
)


alerted = Table(
    "alerted",
    metadata,
    # the newest entry that alerts were raised for: each raises one once, whatever is derived anew
    Column("town", Text, primary_key=True),
    Column("entry", Integer, nullable=False),
)


orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("town", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("visit", Text),
    Column("issued_at", Text, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("cancelled_at", Text),
    Column("cancelled_by", Text),
    Column("dispatch", Text, nullable=False, server_default=""),  # the order as it was sent, to all its recipients
    Index("orders_time", "town", "issued_at", "id"),
    Index("orders_open", "town", "expires_at"),
    Index("orders_dispatch", "town", "dispatch"),
)


dispatches = Table(
    "dispatches",
    metadata,
    # orders as they were sent: each to several gates (`orders`) and villages (`village_orders`)
    Column("id", Text, primary_key=True),
    Column("town", Text, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("aloud", Boolean, nullable=False),  # gates read the text out
    Column("every_officer", Boolean, nullable=False),  # each officer confirms by name
    Column("issued_at", Text, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("due_at", Text),  # until when receipts are expected
    Column("expires_at", Text, nullable=False),
    Column("cancelled_at", Text),
    Column("cancelled_by", Text),
    Column("cancelled_reason", Text),
    Index("dispatches_time", "town", "issued_at", "id"),
    Index("dispatches_due", "town", "due_at"),
)


village_orders = Table(
    "village_orders",
    metadata,
    Column("town", Text, primary_key=True),
    Column("dispatch", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("cancelled_at", Text),
    Column("cancelled_by", Text),
)


questions = Table(
    "questions",
    metadata,
    # what an office above asks, or has to be reported to it
    Column("id", Text, primary_key=True),
    Column("town", Text, nullable=False),
    Column("kind", Text, nullable=False),  # question, report
    Column("asked_by", Text, nullable=False),  # the office or person above
    Column("document", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("asked_at", Text, nullable=False),
    Column("due_at", Text, nullable=False),
    Column("noted_at", Text, nullable=False),
    Column("noted_by", Text, nullable=False),
    Column("assigned_to", Text),
    Column("assigned_at", Text),
    Column("answered_at", Text),  # when first
    Column("closed_at", Text),
    Column("closed_by", Text),
    Column("closed_note", Text),
    Index("questions_time", "town", "asked_at", "id"),
    Index("questions_due", "town", "closed_at", "due_at"),
)


question_answers = Table(
    "question_answers",
    metadata,
    Column("town", Text, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),  # 1, 2 …: the last one stands
    Column("text", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
)


run_plans = Table(
    "run_plans",
    metadata,
    # journeys that are to be made again and again: never changed, only stopped and planned anew
    Column("id", Text, primary_key=True),
    Column("town", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("vehicle_class", Text),
    Column("plates", Text, nullable=False),  # JSON
    Column("passes", Text, nullable=False),  # JSON
    Column("gates", Text, nullable=False),  # JSON; none: any gate
    Column("direction", Text, nullable=False),  # in, out: the crossing that marks a run; the other way is its return
    Column("every_minutes", Integer),
    Column("times", Text, nullable=False),  # JSON: 08:00, 14:00 …; none: every so many minutes
    Column("begins", Text, nullable=False),  # 08:00
    Column("ends", Text, nullable=False),  # 20:00, 24:00
    Column("weekdays", Text, nullable=False),  # 1 is Monday: 12345
    Column("tolerance_minutes", Integer, nullable=False),
    Column("return_minutes", Integer),  # within which the vehicle is to be back
    Column("starts_at", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("stopped_at", Text),
    Column("stopped_by", Text),
    Column("stopped_reason", Text),
    Index("run_plans_town", "town", "stopped_at"),
)


runs = Table(
    "runs",
    metadata,
    # each run that was due, and the crossing that marks it: derived from visits, also from those that come late
    Column("town", Text, primary_key=True),
    Column("plan", Text, primary_key=True),
    Column("due_at", Text, primary_key=True),
    Column("state", Text, nullable=False),  # done, late, missed
    Column("visit", Text),
    Column("gate", Text),
    Column("at", Text),  # by the gate's time
    Column("known_at", Text),  # when the hub learned of it
    Column("return_visit", Text),
    Column("returned_at", Text),
    Index("runs_time", "town", "due_at", "plan"),
    Index("runs_state", "town", "state", "due_at"),
)


runs_looked = Table(
    "runs_looked",
    metadata,
    # the newest entry whose visits have marked runs
    Column("town", Text, primary_key=True),
    Column("entry", Integer, nullable=False),
)


village_receipts = Table(
    "village_receipts",
    metadata,
    # who confirmed an order for a village, in the browser
    Column("town", Text, primary_key=True),
    Column("dispatch", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Column("note", Text, nullable=False),
)


backups = Table(
    "backups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    sqlite_autoincrement=True,
)


gates = Table(
    "gates",
    metadata,
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("retired_at", Text),
    Column("unit", Text),  # of the organisation; null: none
    UniqueConstraint("town", "number"),
)


gate_status = Table(
    "gate_status",
    metadata,
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("online", Boolean, nullable=False),
    Column("conn", Big, nullable=False),
    Column("last_seen", Text),  # when the hub last heard anything of it
    Column("hello", Text),  # the last hello and health, as JSON
    Column("health", Text),
    Column("health_at", Text),
    Column("epoch", Text),
)


former_keys = Table(
    "former_keys",
    metadata,
    # what the hub (gate `hub`) and its gates signed with before a rekey: counts for the entries up to `until_entry`
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("public_key", Text, primary_key=True),
    Column("until_entry", Integer, nullable=False),
    Column("retired_at", Text, nullable=False),
)


passes = Table(
    "passes",
    metadata,
    Column("id", Text, primary_key=True),  # 16 hexadecimal digits
    Column("town", Text, nullable=False),
    Column("plate", Text, nullable=False),
    Column("vehicle_class", Text, nullable=False),
    Column("gates", Text),  # gate ids with commas between; null: every gate
    Column("priority", Boolean, nullable=False),
    Column("not_before", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("kid", Text, nullable=False),
    Column("text", Text, nullable=False),  # what the QR code says
    Column("issued_at", Text, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("revoked_at", Text),
    Column("revoked_by", Text),
    Column("revoked_reason", Text),
    Column("blocked_at", Text),
    Column("blocked_by", Text),
    Column("blocked_reason", Text),
    Column("replaces", Text),  # the pass that this one renews or replaces
    Column("reference", Text),  # the row's own name in an imported list, so that it is never issued twice
    Column("request", Text),  # the form that asked for it, with what it said: sent again, it issues nothing
    Index("passes_plate", "town", "plate"),
    Index("passes_request", "town", "request", unique=True),
    Index("passes_reference", "town", "reference"),
    Index("passes_issued", "town", "issued_at", "id"),
)


pass_keys = Table(
    "pass_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("public", Text, primary_key=True),
    Column("town", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("until", Text),
    Column("current", Boolean, nullable=False),
    Column("revoked_at", Text),
    Column("revoked_by", Text),
    Column("revoked_reason", Text),
)


watched = Table(
    "watched",
    metadata,
    # the watch list (布控)
    Column("town", Text, primary_key=True),
    Column("plate", Text, primary_key=True),
    Column("deny_in", Boolean, nullable=False),
    Column("deny_out", Boolean, nullable=False),
    Column("notify", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("added_by", Text, nullable=False),
)


vehicle_notes = Table(
    "vehicle_notes",
    metadata,
    # what officers wrote about a vehicle: no entry of the ledger, for it is nobody's record of a crossing, and it can be erased
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("vehicle", Text, nullable=False),  # the plate; of a vehicle without one its pass
    Column("text", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Index("vehicle_notes_vehicle", "town", "vehicle", "id"),
    sqlite_autoincrement=True,
)


gate_places = Table(
    "gate_places",
    metadata,
    # where a gate stands on the plan: in thousandths of the picture's width and height from its upper left corner, or longitude and latitude
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("plan", Text, primary_key=True),  # picture, ground
    Column("x", Float, nullable=False),
    Column("y", Float, nullable=False),
    Column("placed_at", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
)


plans = Table(
    "plans",
    metadata,
    # the plan on which the gates are shown: a picture, or GeoJSON
    Column("town", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # png, jpeg, geojson
    Column("data", LargeBinary, nullable=False),
    Column("hash", Text, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("added_at", Text, nullable=False),
    Column("added_by", Text, nullable=False),
)


unit_levels = Table(
    "unit_levels",
    metadata,
    # the levels of the organisation as the town names them; no row: as most towns do
    Column("town", Text, primary_key=True),
    Column("level", Text, primary_key=True),
    Column("position", Integer, nullable=False),  # 0: the highest
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
)


units = Table(
    "units",
    metadata,
    # the organisation: a tree whose units never go away, they are closed
    Column("town", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("parent", Text),
    Column("path", Bytewise, nullable=False),  # the ids from the root, each ended by "/": a branch is a range of it
    Column("level", Text, nullable=False),
    Column("zh", Text, nullable=False),  # empty: it has a name in the other language alone
    Column("en", Text, nullable=False),
    Column("position", Integer, nullable=False),  # among the units of the same parent
    Column("remark", Text, nullable=False),
    Column("closed_at", Text),
    Column("version", Integer, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Index("units_path", "town", "path", unique=True),
    Index("units_parent", "town", "parent"),
)


unit_plans = Table(
    "unit_plans",
    metadata,
    # the plan of a village (平面图): a picture, or GeoJSON; and when somebody last looked whether it still holds
    Column("town", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # png, jpeg, geojson
    Column("data", LargeBinary, nullable=False),
    Column("hash", Text, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("added_at", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("checked_at", Text, nullable=False),
    Column("checked_by", Text, nullable=False),
)


plan_marks = Table(
    "plan_marks",
    metadata,
    # what stands on a village's plan: entrances, checkpoints, testing points, areas, households
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("plan", Text, nullable=False),  # picture: in thousandths; ground: in degrees
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("shape", Text, nullable=False),  # JSON: one [x, y], or the corners of an area
    Column("gate", Text),  # of a checkpoint
    Column("grid", Text),  # of an area: the unit that it is
    Column("officer", Text, nullable=False),  # who is responsible
    Column("phone", Text, nullable=False),
    Column("colour", Integer, nullable=False),  # of an area: the officer's, from 1; 0: none
    Column("need", Text, nullable=False),  # of a household: what kind of need it has
    Column("row", Big),  # of a household: its row in the registers
    Column("remark", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("removed_at", Text),
    Index("plan_marks_unit", "town", "unit", "removed_at"),
    Index("plan_marks_row", "town", "row"),
    sqlite_autoincrement=True,
)


published = Table(
    "published",
    metadata,
    Column("town", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # policy, passlist
    Column("version", Integer, nullable=False),
    Column("message", Text, nullable=False),  # the Signed message as JSON
)


pictures = Table(
    "pictures",
    metadata,
    # of crossings, that a user asked a gate for
    Column("town", Text, primary_key=True),
    Column("visit", Text, primary_key=True),
    Column("gate", Text, nullable=False),
    Column("hash", Text, nullable=False),  # SHA-256 of the JPEG, as the visit's record says it
    Column("times", Integer, nullable=False),  # how often it was asked for
    Column("asked_at", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("answered_at", Text),
    Column("jpeg", LargeBinary),  # null though answered: the gate had it no longer
    Index("pictures_hash", "town", "gate", "hash"),
)


users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),  # u-1, u-2 …: what records and the audit name
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),  # viewer, officer, supervisor, admin
    Column("password", Text, nullable=False),  # argon2
    Column("created_at", Text, nullable=False),
    Column("disabled_at", Text),
    Column("pin", Text),  # argon2 too: the officer's gates get it, to override there
    Column("gates", Text),  # JSON: at which gates the PIN counts; NULL: at all
    Column("must_change", Boolean, nullable=False, server_default=false()),  # the password was given by an admin
    Column(
        "version", Integer, nullable=False, server_default="1"
    ),  # counts the changes by admins: of two at once one is refused
    Column("signed_in_at", Text),  # when last
    Column("unit", Text),  # of the organisation; null: none
    Column("confined", Boolean, nullable=False, server_default=false()),  # sees the branch of the unit and nothing else
)


sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),  # SHA-256 of the random id in the cookie
    Column("user", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("revoked_at", Text),
    Column("kept", Text),  # encrypted: a form that met the end of the session before, until its page shows it again
    Column("address", Text),  # where the user signed in, as the hub saw it
    Column("browser", Text),  # in a few words; not what the browser says of itself in full
    Column("used_at", Text),  # the last act of the user, to a sixtieth of the session
    Index("sessions_user", "user"),
)


setups = Table(
    "setups",
    metadata,
    # the first setting up of a town in the browser; no row: the town was made on the command line
    Column("town", Text, primary_key=True),
    Column("code", Text),  # SHA-256 of the one-time code; NULL: it was used
    Column("code_ends_at", Text, nullable=False),
    Column("holder", Text),  # SHA-256 of what the browser holds that gave the code
    Column("rules", Text, nullable=False),  # SHA-256 of operation.toml as the setup wrote it last
    Column("done", Text, nullable=False),  # JSON: the steps that are done
    Column("bundled", Text, nullable=False),  # JSON: gate -> when its bundle was downloaded
    Column("finished_at", Text),
)


attempts = Table(
    "attempts",
    metadata,
    # to sign in, and to find out a plate: see hub.accounts.counting
    Column("name", Text, primary_key=True),  # a keyed digest
    Column("user", Text),  # whose account the attempts are against, if it is one
    Column("count", Float, nullable=False),
    Column("at", Float, nullable=False),  # seconds since 1970, as all of a tally
    Column("until", Float, nullable=False),
    Index("attempts_at", "at"),
    Index("attempts_user", "user"),
)


answered_forms = Table(
    "answered_forms",
    metadata,
    # forms that were answered, so that one which is sent again does nothing twice
    Column("form", Text, primary_key=True),  # a digest of who sent it, its own mark and all that it says
    Column("mark", Text, nullable=False),  # of the request that was first
    Column("leads_to", Text, nullable=False),  # the address that the form was answered with
    Column("at", Text, nullable=False),
    Index("answered_forms_at", "at"),
)


api_tokens = Table(
    "api_tokens",
    metadata,
    # with which programs use the API: of a token itself only its digest stands here
    Column("id", Text, primary_key=True),  # t-1, t-2 …: what the audit names
    Column("town", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # with blanks between
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the token
    Column("made_at", Text, nullable=False),
    Column("made_by", Text, nullable=False),  # a user's id, or `cli`
    Column("expires_at", Text, nullable=False),
    Column("used_at", Text),
    Column("revoked_at", Text),
    Column("revoked_by", Text),
)


api_answers = Table(
    "api_answers",
    metadata,
    # what requests with an Idempotency-Key were answered, so that one which is sent again does nothing twice
    Column("town", Text, primary_key=True),
    Column("caller", Text, primary_key=True),  # a token's id, or a user's
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),  # of the address and the body
    Column("mark", Text, nullable=False),  # of the request that was first
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("api_answers_at", "at"),
)


feed_targets = Table(
    "feed_targets",
    metadata,
    # systems that the ledger's entries are sent to, in their order; each has a cursor of its own
    Column("id", Text, primary_key=True),  # f-1, f-2 …
    Column("town", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("kinds", Text),  # kinds of entries with blanks between; null: all
    Column("ca", Text),  # a file of certificates that are believed; null: the system's
    Column("cursor", Big, nullable=False),  # the last entry that the target has confirmed
    Column("added_at", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("removed_at", Text),
    Column("removed_by", Text),
    Column("sent", Big, nullable=False, server_default="0"),  # entries confirmed since it was added
    Column("confirmed_at", Text),
    Column("failing_since", Text),
    Column("tries", Integer, nullable=False, server_default="0"),  # in vain, since the last success
    Column("error", Text),
)


export_jobs = Table(
    "export_jobs",
    metadata,
    # lists that are written to a file in a process of their own; the file stands in the town's folder for a day
    Column("id", Text, primary_key=True),  # random: it names the file
    Column("town", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("role", Text, nullable=False),  # the user's when it was asked for: by it the file is masked
    Column("what", Text, nullable=False),
    Column("format", Text, nullable=False),  # csv, xlsx
    Column("header", Text, nullable=False),  # zh, en
    Column("filter", Text, nullable=False),  # JSON
    Column("reason", Text),  # why nothing is masked; null: it is
    Column("state", Text, nullable=False),  # running, done, failed, cancelled
    Column("rows_done", Integer, nullable=False),
    Column("rows_all", Integer, nullable=False),
    Column("bytes", Big),
    Column("error", Text),
    Column("begun_at", Text, nullable=False),
    Column("ended_at", Text),
    Index("export_jobs_user", "town", "user", "begun_at"),
    Index("export_jobs_state", "town", "state"),
)


operations = Table(
    "operations",
    metadata,
    # an operation and the decision that it goes by: who decided what, where, until when; its rules stand in operation.toml
    Column("town", Text, primary_key=True),
    Column("id", Text, primary_key=True),  # as operation.toml, records and passes name it
    Column("template", Text, nullable=False),  # empty: none
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column(
        "organ", Text, nullable=False
    ),  # the deciding organ; this and the four below empty: nobody recorded the decision
    Column("number", Text, nullable=False),  # of the decision's document
    Column("measures", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("laws", Text, nullable=False),
    Column("registers", Text, nullable=False),  # JSON: ids of registers
    Column("starts", Text, nullable=False),
    Column("ends", Text),  # as it was decided last; null: open
    Column("created_at", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("ended_at", Text),
    Column("ended_by", Text),
    Column("end_reason", Text),
    Column("destroyed_at", Text),
    Column("destroyed_by", Text),
)


operation_history = Table(
    "operation_history",
    metadata,
    Column("id", Big, primary_key=True),
    Column("town", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("act", Text, nullable=False),  # started, recorded, extended, by_hand, ended, destroyed
    Column("number", Text, nullable=False),  # of the document that decided it; empty: none
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON: what it was before and is after
    Index("operation_history_operation", "town", "operation", "id"),
    sqlite_autoincrement=True,
)


rule_versions = Table(
    "rule_versions",
    metadata,
    # every text of operation.toml that was published, signed by the hub; the newest is the one that gates have
    Column("town", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("operation", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("hash", Text, nullable=False),  # SHA-256 of the text
    Column("sig", Text, nullable=False),  # the hub's, over all of the above
    Column("policy", Big, nullable=False),  # the version of the policy that was made of it
    Column("again", Integer),  # the former version that this one published again
    Index("rule_versions_hash", "town", "hash"),
)


operation_reports = Table(
    "operation_reports",
    metadata,
    # closing reports: content as canonical JSON and its hash, without personal values
    Column("town", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("made_at", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("entry", Big, nullable=False),  # the ledger up to this entry
    Column("content", Text, nullable=False),
    Column("hash", Text, nullable=False),
)


audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("user", Text, nullable=False),  # a user's id, or `cli`
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    # the row's place in the town's chain; NULL: not written by the hub
    Column("town", Text),
    Column("number", Big),
    Column("prev", Text),
    Column("hash", Text),
    # the hash is over these commitments to `object` and `detail`; NULL: over the texts themselves. A salt that is gone was destroyed
    Column("object_salt", Text),
    Column("object_hash", Text),
    Column("detail_salt", Text),
    Column("detail_hash", Text),
    Index("audit_chain", "town", "number", unique=True),
    Index("audit_time", "town", "at", "number"),
    Index("audit_user", "town", "user", "at", "number"),
    Index("audit_action", "town", "action", "at", "number"),
    Index("audit_object", "town", "object", "at", "number"),
    sqlite_autoincrement=True,
)


audit_heads = Table(
    "audit_heads",
    metadata,
    Column("town", Text, primary_key=True),
    Column("count", Big, nullable=False),
    Column("chain", Text, nullable=False),  # the hash of the last row
    Column("sig", Text, nullable=False),  # the hub's; empty: of an engine without the hub's key
)


audit_counts = Table(  # what happens again and again is counted here; its beginning and its sum are rows of the audit
    "audit_counts",
    metadata,
    Column("cause", Text, primary_key=True),  # a keyed digest
    Column("user", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("times", Big, nullable=False),
    Column("began_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Index("audit_counts_began", "began_at"),
)


destroyed_operations = Table(
    "destroyed_operations",
    metadata,
    # operations whose personal values are destroyed: those of their records that still arrive are not stored
    Column("town", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("destroyed_at", Text, nullable=False),
    Column("up_to", Big, nullable=False),  # the last entry whose values were destroyed
    Column("entry", Integer, nullable=False),  # the hub's own that says so
)


destruction_decisions = Table(
    "destruction_decisions",
    metadata,
    # what becomes of each part when the operation ends: decided before the destruction, each an entry of the hub's own
    Column("town", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("choice", Text, nullable=False),  # destroy, archive, keep
    Column("until", Text),  # of what is kept
    Column("reason", Text, nullable=False),
    Column("decided_at", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
)


destructions = Table(
    "destructions",
    metadata,
    # destructions of an operation's personal values: asked for by one admin, confirmed by another, done step by step
    Column("id", Text, primary_key=True),
    Column("town", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("state", Text, nullable=False),  # requested, cancelled, confirmed, done
    Column("requested_at", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("confirmed_at", Text),
    Column("confirmed_by", Text),
    Column("ended_at", Text),
    Column("recipient", Text),  # to which age key the archive is encrypted; null: the backup key
    Column("up_to", Big),  # the last entry whose values are destroyed
    Column("error", Text),  # at what it stands still
    Index("destructions_time", "town", "requested_at"),
)


destruction_steps = Table(
    "destruction_steps",
    metadata,
    # what a destruction has done
    Column("town", Text, primary_key=True),
    Column("destruction", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("done_at", Text),  # null: begun
    Column("place", Big, nullable=False),  # how far it is
    Column("counts", Text, nullable=False),  # JSON: of what how many
)


destruction_gates = Table(
    "destruction_gates",
    metadata,
    # which command asks which gate to destroy what it holds
    Column("town", Text, primary_key=True),
    Column("destruction", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("order", Text, nullable=False),
)


destruction_reports = Table(
    "destruction_reports",
    metadata,
    # the signed reports of a destruction: one more whenever a gate's receipt has come
    Column("town", Text, primary_key=True),
    Column("destruction", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Text, nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON without personal values
    Column("sig", Text, nullable=False),
)


registers = Table(
    "registers",
    metadata,
    # the registers that a town has beside the ledger, as each is declared (hub.registers.declaration)
    Column("town", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("declaration", Text, nullable=False),  # TOML
    Column("settings", Text, nullable=False),  # JSON: what the town chose of it (hub.registers.catalogue)
    Column("version", Integer, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("closed_at", Text),  # nothing is added to it any more
)


register_rows = Table(
    "register_rows",
    metadata,
    # the rows of every register; what each field holds stands in `facts`, and in `private` what a person can be known by
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("register", Text, nullable=False),
    Column("number", Integer, nullable=False),  # in its register, never used again
    Column("parent", Integer),  # the row that it belongs to
    Column("day", Text),  # of a daily row
    Column("unit", Text),
    Column("gate", Text),
    Column("visit", Text),
    Column("pass_id", Text),
    Column("state", Text),
    Column("due_at", Text),
    Column("subject", Text),  # what must not be there twice, or the item that is in stock
    Column("facts", Text, nullable=False),  # JSON
    Column("private", Text, nullable=False),  # JSON
    Column("version", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("removed_at", Text),
    Column("removed_why", Text),
    UniqueConstraint("town", "register", "number"),
    Index("register_rows_state", "town", "register", "removed_at", "state", "number"),
    Index("register_rows_due", "town", "due_at", "register"),
    Index("register_rows_parent", "town", "parent", "register", "day"),
    Index("register_rows_unit", "town", "register", "unit", "number"),
    Index("register_rows_subject", "town", "register", "subject"),
    Index("register_rows_visit", "town", "visit"),
    Index("register_rows_pass", "town", "pass_id"),
    Index("register_rows_late", "town", "register", "due_at"),
    Index("register_rows_changed", "town", "register", "changed_at"),
    sqlite_autoincrement=True,
)


register_history = Table(
    "register_history",
    metadata,
    # each change of a row, with all of it before and after
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("version", Integer, nullable=False),  # after the change
    Column("at", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("what", Text, nullable=False),  # hub.registers.history.Change
    Column("state", Text),  # after it
    Column("why", Text, nullable=False),
    Column("facts", Text, nullable=False),  # JSON: {field: [before, after]}
    Column("private", Text, nullable=False),  # JSON: the same of personal fields
    Index("register_history_row", "town", "row", "id"),
    sqlite_autoincrement=True,
)


register_words = Table(
    "register_words",
    metadata,
    # what rows are found by: each searchable value under every ending of it, so that any part of it is a range of this key
    Column("town", Text, primary_key=True),
    Column("register", Text, primary_key=True),
    Column("ending", Bytewise, primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    Column("whole", Boolean, nullable=False),  # the ending is the whole value; behind the key, see migration 0034
    Index("register_words_row", "town", "row"),
    sqlite_with_rowid=False,
)


register_imports = Table(
    "register_imports",
    metadata,
    # the long lists that are imported into registers by a process of its own, and how far each is
    Column("town", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("register", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("ignored", Text, nullable=False),  # JSON: the columns that stay unread
    Column("state", Text, nullable=False),  # hub.registers.importing.store.State
    Column("rows_done", Integer, nullable=False),
    Column("rows_all", Integer, nullable=False),
    Column("numbers", Text, nullable=False),  # JSON: the numbers of the rows that it has added, as ranges
    Column("error", Text),  # JSON: words
    Column("begun_at", Text, nullable=False),
    Column("ended_at", Text),
    Index("register_imports_begun", "town", "register", "begun_at"),
)


register_pictures = Table(
    "register_pictures",
    metadata,
    # pictures in fields of rows
    Column("town", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("row", Integer),  # none yet: its form was not sent
    Column("field", Text, nullable=False),
    Column("media", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("at", Text, nullable=False),
    Column("user", Text, nullable=False),
    Index("register_pictures_row", "town", "row"),
)


zero_report_terms = Table(
    "zero_report_terms",
    metadata,
    # until when data count for a day, until when its report is due, who gives one
    Column("town", Text, primary_key=True),
    Column("cut_off", Text, nullable=False),  # 16:00, in the town's time
    Column("due", Text, nullable=False),
    Column("level", Text, nullable=False),  # of the organisation; empty: no unit reports
    Column("gates", Boolean, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
)


zero_reports = Table(
    "zero_reports",
    metadata,
    # what villages and gates reported of a day; the last version stands
    Column("town", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("reporter", Text, primary_key=True),  # unit/ID or gate/ID
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),  # 0: none
    Column("text", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("late", Boolean, nullable=False),
)
