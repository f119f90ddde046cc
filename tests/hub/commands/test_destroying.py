"""`kakou-hub operation destroy` from the decisions to the checked report, as two admins at a terminal do it."""

import io
from pathlib import Path

import pytest

from hub import cli
from tests.hub.destruction.endings import filled, second_admin, traces
from tests.hub.ledgers import table
from tests.hub.towns import PASSWORD, Place


class Terminal:
    """Runs `operation destroy`, with a password on standard input."""

    def __init__(self, place: Place, patched: pytest.MonkeyPatch, said: pytest.CaptureFixture[str]) -> None:
        self._place, self._patched, self._said = place, patched, said

    def __call__(self, *words: str, login: str = "") -> tuple[int, str]:
        self._patched.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        as_ = ["--as", login] if login else []
        code = cli.main(["--data", str(self._place.folder), "operation", "destroy", *words, *as_])
        out, err = self._said.readouterr()
        return code, out + err


@pytest.fixture
def terminal(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(place, monkeypatch, capsys)


def test_two_admins_destroy_an_operation_and_check_its_report(place: Place, terminal: Terminal, tmp_path: Path) -> None:
    filled(place)
    second_admin(place)
    code, shown = terminal("--dry-run")
    assert code == 0
    assert "ledger                   not decided (proposed: destroy): entries 7" in shown
    assert "Gates that are away (they get it when they return): east, south, west, north" in shown
    code, shown = terminal("--decide", "all=destroy", "--reason", "突发事件应对法 85", login="boss")
    assert (code, "ledger: destroy" in shown) == (0, True)
    code, shown = terminal("--request", login="boss")
    assert code == 0
    id_ = table(place, "destructions")[0]["id"]
    code, shown = terminal("--confirm", id_, login="boss")
    assert (code, shown.count("\n")) == (1, 1)
    assert "expected another admin to confirm it" in shown
    place.engine.dispose()
    code, shown = terminal("--confirm", id_, login="chief")
    assert code == 0
    assert "13/13 backups: done" in shown
    for name in ("report.json", "report.pdf"):
        assert terminal("--report", str(tmp_path / name))[0] == 0
    code, shown = terminal("--check", str(tmp_path / "report.json"))
    assert (code, "holds" in shown) == (0, True)
    assert traces(place.folder) == []
    assert terminal("--go-on")[0] == 0, "what is done stays done"
    assert terminal("--again") == (0, "0 gates are asked again\n")


def test_before_the_end_one_line_says_so_and_nothing_is_changed(place: Place, terminal: Terminal) -> None:
    before = table(place, "audit")
    code, shown = terminal("--request", login="boss")
    assert (code, shown) == (
        1,
        "kakou-hub: operation op-1: it has no end yet: nothing is destroyed before it has ended\n",
    )
    assert table(place, "audit") == before


@pytest.mark.parametrize(
    ("words", "login", "line"),
    [
        (("--decide", "ledger"), "boss", "expected PART=destroy, PART=archive or PART=keep"),
        (("--decide", "cats=destroy", "--reason", "x"), "boss", "part 'cats': there is no such part"),
        (("--request",), "", "destroy: expected --as LOGIN"),
        (("--request",), "officer", "expected an admin's login and password"),
        (("--confirm", "d-0"), "boss", "destruction 'd-0': there is no such destruction"),
        (("--go-on",), "", "destruction: nobody has asked for one"),
        (("--check", "/nowhere"), "", "/nowhere: No such file or directory"),
        (("--request", "--to", "age1"), "boss", "expected"),
    ],
)
def test_what_cannot_be_is_one_line(
    place: Place, terminal: Terminal, words: tuple[str, ...], login: str, line: str
) -> None:
    filled(place)
    code, shown = terminal(*words, login=login)
    assert (code, shown.count("\n")) == (1, 1)
    assert line in shown
