"""The quarantine: looked at, let in by the same checks as on arrival, or dismissed; each for a reason in the ledger."""

import pytest

from edge.contract.facts import Kind
from edge.contract.records import Record
from hub.accounts.roles import Role
from hub.errors import HubError
from hub.gates import store as gates
from hub.ledger.projections.rebuild import rebuild
from hub.ledger.received import Quarantined
from hub.ledger.verify_walk import BrokenError
from hub.quarantine.settle import judge
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledger.test_append import poisoned, three
from tests.hub.ledgers import batch_of, check, meddle, read, send, table, take
from tests.hub.towns import NOW, Place


def judged(place: Place, id_: int, *, release: bool, reason: str = "looked at") -> None:
    with place.engine.begin() as connection:
        judge(
            connection, town="demo", id_=id_, release=release, by="u-1", reason=reason,
            keys=gates.keys(connection, "demo"), key=place.town.key, now=NOW,
        )  # fmt: skip


def retire(place: Place, gate: str, when: str | None) -> None:
    meddle(place, "UPDATE gates SET retired_at = :when WHERE gate = :gate", when=when, gate=gate)


def test_a_message_of_a_gate_that_was_not_known_then_is_let_in(place: Place) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    retire(place, "east", "2026-01-01T00:00:00.000Z")
    found = read(place, "east", gate.batch().encode())
    assert isinstance(found, Quarantined)
    take(place, found)
    with pytest.raises(HubError, match="not a gate of this town"):
        judged(place, 1, release=True)
    retire(place, "east", None)
    judged(place, 1, release=True)
    assert [row["kind"] for row in table(place, "entries")] == [
        "visit_opened",
        "disinfected",
        "visit_closed",
        "released",
    ]
    assert [row["outcome"] for row in table(place, "judged")] == ["released"]
    assert check(place).entries == 4
    with pytest.raises(HubError, match="released already"):
        judged(place, 1, release=False)


def test_a_dismissed_message_stays_as_it_came(place: Place) -> None:
    take(place, Quarantined("kakou/v1/east/records", "east", "not JSON", b"\0\xff"))
    judged(place, 1, release=False, reason="noise")
    (row,) = table(place, "quarantine")
    assert row["raw"] == b"\0\xff"
    (entry,) = table(place, "entries")
    assert (entry["gate"], entry["kind"]) == ("hub", Kind.RELEASED)
    assert check(place).entries == 1


def test_a_fork_can_only_be_dismissed(place: Place) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    send(place, gate)
    twin = type(gate)(gate.town, gate.id, gate.key, gate.epoch)
    twin.visit("鲁B99999", NOW)
    appended = take(place, read(place, "east", batch_of(twin, twin.sealed, 3).encode()))
    assert appended.forks == (("east", gate.epoch, 1), ("east", gate.epoch, 2), ("east", gate.epoch, 3))
    with pytest.raises(HubError, match="can only be dismissed"):
        judged(place, 1, release=True)
    judged(place, 1, release=False)
    assert check(place).entries == 4


def test_a_record_of_a_kind_that_the_hub_learned_later_gets_its_entry(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    from hub.ledger import intake

    real = Record.parse

    def older(raw: str) -> Record:
        record = real(raw)
        if record.kind is Kind.DISINFECTED:
            raise ValueError("kind: unknown")
        return record

    with monkeypatch.context() as patched:
        patched.setattr(intake, "_contradiction", intake._contradiction)
        patched.setattr(Record, "parse", older)
        found = read(place, "east", gate.batch().encode())
    take(place, found)
    assert [row["seq"] for row in table(place, "entries")] == [1, 3]
    judged(place, 1, release=True)
    assert [(row["seq"], row["gate"]) for row in table(place, "entries")][:3] == [(1, "east"), (3, "east"), (2, "east")]
    assert check(place).entries == 4
    before = table(place, "visits")
    assert before[0]["disinfected"] == "yes"
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    assert table(place, "visits") == before
    meddle(place, "UPDATE quarantine SET hash = NULL, prev = NULL")
    with pytest.raises(BrokenError):
        check(place)


def test_poison_that_still_is_poison_stays_where_it_is(place: Place) -> None:
    gate = three(place.gates["east"])
    send(place, gate, *poisoned(gate))
    with pytest.raises(HubError):
        judged(place, 1, release=True)
    assert table(place, "judged") == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_the_bytes_and_takes_the_judgement(place: Place, language: str) -> None:
    take(place, Quarantined("kakou/v1/east/records", "east", "not JSON", b"hostile <script>"))
    with console(place) as app:
        boss = Browser(app, Role.SUPERVISOR, language)
        assert "hostile" in text_of(boss.open("/quarantine"))
        answer = boss.send("/quarantine/1/judge", {"outcome": "dismiss", "reason": "a scan"}, page="/quarantine")
        assert answer.status_code == 302
        shown = text_of(boss.open("/quarantine"))
        assert {"en": "Dismissed", "zh": "已驳回"}[language] in shown
        assert "a scan" in shown
        officer = Browser(app, Role.OFFICER, language)
        assert officer.send("/quarantine/1/judge", {"outcome": "dismiss", "reason": "x"}, page="/").status_code == 403
