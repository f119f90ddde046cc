"""Every column of the database by what becomes of it at an operation's end: personal (erased), fact (kept), derived (made anew).

    personal   says who, or may say so: typed by people, or from which a plate can be found out
    fact       says what happened, when, by which rule; officers and users stand in it by their ids only
    derived    is made anew from the entries, which by then hold no personal value

A user's name and login are facts here: an account ends with the person's work, not with an operation. A column that stands nowhere in
this table fails a test, so that nobody can add one without saying what becomes of it.

Tested in `tests/hub/destruction/test_columns.py`.
"""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import MetaData


class Sort(StrEnum):
    """What becomes of a column when its operation is destroyed."""

    PERSONAL = "personal"
    FACT = "fact"
    DERIVED = "derived"


def _columns(*, personal: str = "", fact: str = "", derived: str = "") -> Mapping[str, Sort]:
    found = {Sort.PERSONAL: personal, Sort.FACT: fact, Sort.DERIVED: derived}
    return {name: sort for sort, names in found.items() for name in names.split()}


COLUMNS: Mapping[str, Mapping[str, Sort]] = {
    # -- the ledger
    "entries": _columns(personal="private", fact="id town gate epoch seq kind visit raw hash prev chain received_at"),
    "signatures": _columns(fact="town gate epoch seq hash sig"),
    "ledgers": _columns(fact="town ledger ledger_epoch count chain hub_epoch sig"),
    "cursors": _columns(fact="town gate epoch committed backed_up hash"),
    "quarantine": _columns(personal="raw digest", fact="id town gate topic epoch seq prev hash why received_at sort"),
    "unkept": _columns(fact="town gate what first_at last_at messages bytes"),
    "bridges": _columns(fact="town gate epoch first last seq raw prev hash sig"),
    "ahead": _columns(personal="raw", fact="town gate epoch first last received_at"),
    "former_keys": _columns(fact="town gate public_key until_entry retired_at"),
    # -- what is derived from it
    "visits": _columns(
        personal="plate plate_type occupants origin destination purpose driver phone remark",
        derived="visit_id operation town gate lane direction opened_at closed_at received_at clock vehicle_class pass_id read_by"
        " verdict reason outcome officer override_by override_reason disinfected agent concentration parts washed_first spray_seconds"
        " contact_minutes disinfection_verified_by entry_seq override_what turn_back_why litres sighting opened_said closed_said",
    ),
    "visit_sums": _columns(derived="town level what gate span code n"),
    "gate_events": _columns(derived="town gate epoch seq kind at code officer detail"),
    "plate_ends": _columns(personal="ending plate", derived="town"),
    "inside": _columns(personal="vehicle plate", derived="town visit_id gate pass_id vehicle_class since"),
    "last_passed": _columns(personal="vehicle", derived="town visit_id direction closed_at"),
    "sightings": _columns(personal="plate", derived="town n visit gate direction pass_id at"),
    "conflicts": _columns(
        personal="plate",
        derived="id town what opened_at pass_id visit gate entries opened_entry settled_at settled_by settled_reason settled_entry",
    ),
    "zero_report_terms": _columns(fact="town cut_off due level gates changed_at changed_by"),
    "zero_reports": _columns(personal="text", fact="town day reporter version count at by late"),
    "duties": _columns(
        derived="entry town user shift started_at relieves offer why open_matters taken ended_at ended_by ended_why ended_entry"
    ),
    "duty_notes": _columns(personal="text", derived="entry town shift user at handover"),
    "judged": _columns(derived="town quarantine outcome user reason at"),
    "receipts": _columns(derived="town gate order result officer detail at received_at late"),
    "clock_sets": _columns(derived="town gate epoch seq boot mono_ms before after"),
    "undone": _columns(personal="why", fact="town what object first_at last_at"),
    # -- lists that people write
    "reports": _columns(
        personal="private remarks", fact="id town day version made_at made_by entry content hash remarks_by remarks_at"
    ),
    "alerts": _columns(
        personal="detail comment later",
        fact="id town what gate first_at last_at times ended_at acknowledged_at acknowledged_by subject lane visit_id conflict_id"
        " happened_at snoozed_until snoozed_by changed",
    ),
    "alerted": _columns(fact="town entry"),
    "orders": _columns(
        personal="zh en",
        fact="id town gate kind visit issued_at issued_by expires_at cancelled_at cancelled_by dispatch",
    ),
    "dispatches": _columns(
        personal="zh en cancelled_reason",
        fact="id town urgent aloud every_officer issued_at issued_by due_at expires_at cancelled_at cancelled_by",
    ),
    "village_orders": _columns(fact="town dispatch unit cancelled_at cancelled_by"),
    "village_receipts": _columns(personal="note", fact="town dispatch unit user at"),
    "questions": _columns(
        personal="asked_by document text closed_note",
        fact="id town kind asked_at due_at noted_at noted_by assigned_to assigned_at answered_at closed_at closed_by",
    ),
    "question_answers": _columns(personal="text", fact="town question version at by"),
    "run_plans": _columns(
        personal="plates route stopped_reason",
        fact="id town name area vehicle_class passes gates direction every_minutes times begins ends weekdays tolerance_minutes"
        " return_minutes starts_at added_by stopped_at stopped_by",
    ),
    "runs": _columns(derived="town plan due_at state visit gate at known_at return_visit returned_at"),
    "runs_looked": _columns(fact="town entry"),
    "passes": _columns(
        personal="plate text reference request revoked_reason blocked_reason",
        fact="id town vehicle_class gates priority not_before expires kid issued_at issued_by revoked_at revoked_by blocked_at"
        " blocked_by replaces",
    ),
    "pass_keys": _columns(fact="kid public town created_at until current revoked_at revoked_by revoked_reason"),
    "watched": _columns(personal="plate why", fact="town deny_in deny_out notify added_at added_by"),
    "vehicle_notes": _columns(personal="vehicle text", fact="id town at by"),
    "pictures": _columns(personal="jpeg", fact="town visit gate hash times asked_at asked_by answered_at"),
    "gate_places": _columns(fact="town gate plan x y placed_at placed_by"),
    "plans": _columns(fact="town kind data hash width height added_at added_by"),
    # -- gates, keys, what is published
    "backups": _columns(fact="id town at file entries bytes"),
    "gates": _columns(fact="town gate number zh en public_key added_at retired_at unit"),
    "gate_status": _columns(fact="town gate online conn last_seen hello health health_at epoch"),
    "published": _columns(personal="message", fact="town kind version"),
    # -- the organisation and the villages' plans
    "unit_levels": _columns(fact="town level position zh en"),
    "units": _columns(
        personal="remark",
        fact="town id parent path level zh en position closed_at version added_at added_by changed_at changed_by",
    ),
    "unit_plans": _columns(fact="town unit kind data hash width height added_at added_by checked_at checked_by"),
    "plan_marks": _columns(
        personal="name shape officer phone need remark",
        fact="id town unit plan kind gate grid colour row version added_at added_by changed_at changed_by removed_at",
    ),
    # -- accounts, and what pages and programs are answered
    "users": _columns(
        fact="id login name role password created_at disabled_at pin gates must_change version signed_in_at unit confined"
    ),
    "sessions": _columns(personal="kept", fact="id user created_at expires_at revoked_at address browser used_at"),
    "setups": _columns(fact="town code code_ends_at holder rules done bundled finished_at"),
    "attempts": _columns(personal="name", fact="user count at until"),
    "answered_forms": _columns(personal="form leads_to", fact="mark at"),
    "api_tokens": _columns(fact="id town name scopes hash made_at made_by expires_at used_at revoked_at revoked_by"),
    "api_answers": _columns(personal="key digest body", fact="town caller mark status at"),
    "feed_targets": _columns(
        personal="error",
        fact="id town name url kinds ca cursor added_at added_by removed_at removed_by sent confirmed_at failing_since tries",
    ),
    "export_jobs": _columns(
        personal="filter reason error",
        fact="id town user role what format header state rows_done rows_all bytes begun_at ended_at",
    ),
    # -- the audit
    "audit": _columns(
        personal="object object_salt detail detail_salt",
        fact="id at user action town number prev hash object_hash detail_hash",
    ),
    "audit_heads": _columns(fact="town count chain sig"),
    "audit_counts": _columns(personal="cause object detail", fact="user action times began_at last_at"),
    # -- registers
    "registers": _columns(
        fact="town id declaration settings version added_at added_by changed_at changed_by closed_at"
    ),
    "register_rows": _columns(
        personal="subject private removed_why",
        fact="id town register number parent day unit gate visit pass_id state due_at facts version created_at created_by changed_at"
        " changed_by removed_at",
    ),
    "register_history": _columns(personal="why private", fact="id town row version at user what state facts"),
    "register_words": _columns(personal="ending", fact="town register row whole field"),
    "register_imports": _columns(
        personal="file error",
        fact="town id register user role ignored state rows_done rows_all numbers begun_at ended_at",
    ),
    # -- who serves at gates, and the decision that an operation goes by
    "duty_staff": _columns(
        personal="name phone", fact="town id unit role user gates since until version changed_at changed_by"
    ),
    "duty_absences": _columns(personal="why", fact="id town staff since until"),
    "duty_roles": _columns(fact="town role zh en place"),
    "duty_shifts": _columns(fact="town shift zh en starts ends removed_at"),
    "duty_manning": _columns(fact="town gate shift role least"),
    "roster": _columns(fact="town staff gate shift day starts ends added_at added_by published_at dropped_at"),
    "roster_presence": _columns(fact="town staff gate shift day came_at left_at noted_at noted_by"),
    "roster_rules": _columns(fact="town rest_hours late_minutes absent_minutes lead_hours leader version"),
    "roster_weeks": _columns(fact="town week version published_at published_by"),
    "operations": _columns(
        fact="town id zh en template organ number measures scope laws registers starts ends created_at created_by ended_at ended_by"
        " end_reason destroyed_at destroyed_by"
    ),
    "operation_history": _columns(fact="id town operation at by act number reason detail"),
    "operation_reports": _columns(fact="town operation version made_at made_by entry content hash"),
    "rule_versions": _columns(fact="town number operation at by why text policy hash sig again"),
    "register_pictures": _columns(personal="data", fact="town id row field media at user"),
    # -- destructions
    "destroyed_operations": _columns(fact="town operation destroyed_at up_to entry"),
    "destruction_decisions": _columns(fact="town operation part choice until reason decided_at decided_by"),
    "destructions": _columns(
        fact="id town operation state requested_at requested_by expires_at confirmed_at confirmed_by ended_at recipient up_to error"
    ),
    "destruction_steps": _columns(fact="town destruction step done_at place counts"),
    "destruction_gates": _columns(fact="town destruction gate order"),
    "destruction_reports": _columns(fact="town destruction version made_at content sig"),
}
"""Table -> column -> what becomes of it."""


def unclassified(metadata: MetaData) -> list[str]:
    """Each column of the schema that stands nowhere here, and each one here that the schema does not have, as `table.column`."""
    there = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
    known = {f"{table}.{column}" for table, columns in COLUMNS.items() for column in columns}
    return sorted(there ^ known)


def personal(table: str) -> tuple[str, ...]:
    """The columns of a table that are erased."""
    return tuple(name for name, sort in COLUMNS[table].items() if sort is Sort.PERSONAL)
