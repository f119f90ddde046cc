"""The duty staff: added once, changed by one at a time, away, never in the audit with name or phone."""

import pytest

from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.roster import staff, store
from hub.roster.staff import StaffTerms
from hub.roster.store import StaffAsked
from tests.hub.ledgers import table
from tests.hub.roster.conftest import Town


def refused(town: Town, given: StaffTerms) -> str:
    with pytest.raises(RefusedError) as error, town.place.engine.begin() as connection:
        staff.add(town.author(connection), given)
    return str(error.value)


def test_a_person_twice_is_refused_in_one_line(town: Town) -> None:
    assert "on the list already, with the same phone" in refused(town, StaffTerms("王伟", "13812345678"))
    assert "both need a phone" in refused(town, StaffTerms("王伟"))
    officer = town.place.users[Role.OFFICER]
    assert "signs on at gates as that officer already" in refused(town, StaffTerms("王小伟", user=officer))
    with town.place.engine.begin() as connection:
        assert staff.add(town.author(connection), StaffTerms("王伟", "13900000000")) == "s-4", "another of that name"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (StaffTerms("  "), "name: expected"),
        (StaffTerms("张三", "call me"), "phone of 张三"),
        (StaffTerms("张三", unit="东村"), "unit '东村': there is no such unit"),
        (StaffTerms("张三", role="chief"), "duty role 'chief'"),
        (StaffTerms("张三", user="u-99"), "officer 'u-99'"),
        (StaffTerms("张三", gates=("moon",)), "gate 'moon'"),
        (StaffTerms("张三", since="soon"), "day 'soon'"),
        (StaffTerms("张三", since="2026-03-02", until="2026-03-01"), "before the beginning"),
    ],
)
def test_bad_particulars_are_named(town: Town, given: StaffTerms, line: str) -> None:
    assert line in refused(town, given)
    with town.place.engine.begin() as connection:
        assert store.count(connection, "demo") == 3


def test_of_two_who_change_one_person_at_once_the_second_changes_nothing(town: Town) -> None:
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        changed = staff.change(author, town.people["zhou"], StaffTerms("周志愿", role="grid", since="2026-01-01"), 1)
        assert (changed.role, changed.phone, changed.version) == ("grid", "13900001111", 2), (
            "an empty phone stays as it was"
        )
        with pytest.raises(RefusedError, match="somebody else changed"):
            staff.change(author, town.people["zhou"], StaffTerms("周志愿", role="cadre", since="2026-01-01"), 1)
        staff.forget_phone(author, town.people["zhou"])
        person = store.member(connection, "demo", town.people["zhou"])
        assert person is not None
        assert person.phone is None


def test_the_audit_has_no_name_and_no_phone(town: Town) -> None:
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        staff.change(author, town.people["zhou"], StaffTerms("周小愿", "13911112222", since="2026-01-01"), 1)
    rows = [row for row in table(town.place, "audit") if row["object"].startswith("staff/")]
    assert [row["action"] for row in rows] == ["staff added"] * 3 + ["staff changed"]
    assert '"personal": "name phone"' in rows[-1]["detail"]
    text = " ".join(row["detail"] for row in rows)
    assert not any(word in text for word in ("王伟", "周志愿", "周小愿", "138", "139"))


def test_days_away_do_not_overlap_and_can_be_taken_back(town: Town) -> None:
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        staff.add_absence(author, town.people["wang"], "2026-03-05", "2026-03-06", "leave")
        for since, until, why, line in (
            ("2026-03-06", "", "ill", "is away from 2026-03-05"),
            ("2026-03-09", "2026-03-08", "ill", "expected a day from"),
            ("2026-03-09", "", "bored", "expected one of"),
        ):
            with pytest.raises(RefusedError, match=line):
                staff.add_absence(author, town.people["wang"], since, until, why)
        person = store.member(connection, "demo", town.people["wang"])
        assert person is not None
        (absence,) = person.absences
        staff.remove_absence(author, person.id, absence.id)
        with pytest.raises(RefusedError, match="not on the list any more"):
            staff.remove_absence(author, person.id, absence.id)


def test_the_list_is_asked_by_name_role_gate_and_state(town: Town) -> None:
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        staff.add(author, StaffTerms("孙离任", since="2026-01-01", until="2026-02-01"))
        staff.add_absence(author, town.people["li"], "2026-03-01", "2026-03-02", "ill")

        def names(**asked: str) -> set[str]:
            wanted = StaffAsked(day="2026-03-01", **asked)
            return {each.name for each in store.page(connection, "demo", wanted, after=None, limit=10)}

        assert names(search="芳") == names(state="away") == {"李芳"}
        assert names(search="13900001111") == {"周志愿"}
        assert names(search="1390000") == set(), "a part of a phone would give it away"
        assert names(role="police") == {"王伟"}
        assert names(gate="west") == {"王伟", "李芳", "孙离任"}
        assert names(state="ended") == {"孙离任"}
        assert names(state="serving") == {"王伟", "李芳", "周志愿"}
        first = store.page(connection, "demo", StaffAsked(), after=None, limit=2)
        rest = store.page(connection, "demo", StaffAsked(), after=(first[-1].name, first[-1].id), limit=9)
        assert len({each.id for each in (*first, *rest)}) == 4
