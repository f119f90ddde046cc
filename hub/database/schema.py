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
    Column("officer", Text),
    Column("detail", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("received_at", Text, nullable=False),
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
    Index("orders_time", "town", "issued_at", "id"),
    Index("orders_open", "town", "expires_at"),
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
    Column("whole", Boolean, nullable=False),  # the ending is the whole value
    Column("field", Text, primary_key=True),
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
