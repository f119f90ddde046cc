"""`pass`, `key` and `watch` on the command line: what they do, what they print, one line for what can't be."""

import json
from pathlib import Path

import pytest

from edge.contract.messages import Signed
from hub.passes import codes
from tests.hub.commands.test_cli import Output, refused, run
from tests.hub.ledgers import meddle, send, table
from tests.hub.towns import NOW, Place


def issue(place: Place, capsys: Output, *arguments: str) -> str:
    assert run(place.folder, "pass", "issue", "--plate", "鲁B12345", "--class", "resident", *arguments) == 0
    return capsys.readouterr().out.splitlines()[0]


def said(place: Place, capsys: Output, *arguments: str) -> str:
    capsys.readouterr()
    assert run(place.folder, *arguments) == 0
    return capsys.readouterr().out


def passlist(place: Place) -> dict[str, object]:
    [message] = [row["message"] for row in table(place, "published") if row["kind"] == "passlist"]
    found: dict[str, object] = json.loads(Signed.model_validate_json(message).text)
    return found


def test_a_pass_is_blocked_unblocked_renewed_and_replaced(place: Place, capsys: Output) -> None:
    id_ = issue(place, capsys)
    said(place, capsys, "pass", "block", id_, "--reason", "looked for")
    assert passlist(place)["blocked"] == [id_]
    assert id_ in said(place, capsys, "pass", "list", "--state", "blocked")
    assert "unblock it first" in refused(capsys, place.folder, "pass", "renew", id_)
    said(place, capsys, "pass", "unblock", id_)
    assert passlist(place)["blocked"] == []
    renewed = said(place, capsys, "pass", "renew", id_).splitlines()[0]
    replaced = said(place, capsys, "pass", "replace", renewed, "--reason", "lost").splitlines()[0]
    assert passlist(place)["revoked"] == [renewed]
    shown = said(place, capsys, "pass", "show", renewed)
    assert f"follows {id_}" in shown
    assert f"followed by {replaced}" in shown
    assert "by cli: lost" in shown
    assert said(place, capsys, "pass", "list", "--state", "revoked").split()[0] == renewed
    assert len(said(place, capsys, "pass", "list", "--class", "resident").splitlines()) == 3
    assert said(place, capsys, "pass", "list", "--class", "visitor") == ""
    with pytest.raises(SystemExit):
        run(place.folder, "pass", "list", "--state", "blue")


def test_a_pass_is_shown_with_every_scan(place: Place, capsys: Output) -> None:
    id_ = issue(place, capsys)
    visit = place.gates["east"].visit("鲁B12345", NOW, pass_id=id_, reason="ok")
    send(place, place.gates["east"])
    assert said(place, capsys, "pass", "show", id_).splitlines()[-1].split() == [
        "2026-03-01T04:30:00.000Z", "east", "in", "ok", "passed", visit,
    ]  # fmt: skip
    assert "there is no such pass" in refused(capsys, place.folder, "pass", "show", "none")


def test_a_list_is_looked_at_and_then_imported(place: Place, tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "list.csv"
    file.write_text("车牌,类别,电话\n鲁B12345,居民,1\n鲁B12346,贵族,2\n", encoding="gb18030")
    capsys.readouterr()
    assert run(place.folder, "pass", "import", str(file), "--dry-run") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("row 3, 类别 '贵族': there is no such class")
    assert lines[1] == "column '电话': not read (--ignore-column)"
    assert lines[-1] == "list.csv: 1 to issue, 0 known already, 1 faults, 0 doubts, 1 columns not read"
    assert refused(capsys, place.folder, "pass", "import", str(file)).startswith("list.csv: row 3, 类别 ")
    file.write_text("车牌,类别\n鲁B12345,居民\n鲁B12346,包村\n", encoding="utf-8-sig")
    assert said(place, capsys, "pass", "import", str(file)).endswith("list.csv: 2 issued\n")
    assert said(place, capsys, "pass", "import", str(file)) == "list.csv: 0 issued\n"
    assert "2 known already" in said(place, capsys, "pass", "import", str(file), "--dry-run")
    assert "No such file" in refused(capsys, place.folder, "pass", "import", str(tmp_path / "none.csv"))


def test_a_key_is_rotated_listed_and_revoked(place: Place, capsys: Output) -> None:
    issue(place, capsys)
    old = table(place, "passes")[0]["kid"]
    rotated = said(place, capsys, "key", "rotate", "--keep-until", "2099-01-01")
    new = rotated.split()[1]
    assert f"{old}  made" in rotated
    assert "trusted until 2099-01-01T16:00:00.000Z" in rotated
    assert said(place, capsys, "key", "list").splitlines()[0].startswith(new)
    assert "it signs new passes; rotate first" in refused(capsys, place.folder, "key", "revoke", new, "--reason", "x")
    assert "with it 1 passes" in said(place, capsys, "key", "revoke", old, "--reason", "stolen")
    assert passlist(place)["revoked_keys"] == [old]
    issue(place, capsys)
    assert "expected a time in the future" in refused(
        capsys, place.folder, "key", "rotate", "--keep-until", "2020-01-01"
    )


def test_passes_that_outlive_their_key_are_counted(place: Place, capsys: Output) -> None:
    issue(place, capsys)
    meddle(place, "UPDATE passes SET expires = '2099-01-01T00:00:00.000Z'")
    rotated = said(place, capsys, "key", "rotate", "--keep-until", "2090-01-01")
    assert "1 passes of key" in rotated


def test_a_plate_is_watched_listed_and_let_go(place: Place, capsys: Output) -> None:
    said(place, capsys, "watch", "add", "鲁 B·66666", "--why", "stolen", "--deny-in", "--quiet")
    said(place, capsys, "watch", "add", "京A00001", "--why", "asked for")
    assert [line.split("  ")[0] for line in said(place, capsys, "watch", "list").splitlines()] == [
        "京A00001",
        "鲁B66666",
    ]
    assert "deny in" in said(place, capsys, "watch", "list", "--search", "stolen")
    assert passlist(place)["watch"] == [
        {"deny_in": False, "deny_out": False, "notify": True, "plate": "京A00001", "why": "asked for"},
        {"deny_in": True, "deny_out": False, "notify": False, "plate": "鲁B66666", "why": "stolen"},
    ]
    said(place, capsys, "watch", "remove", "京A00001", "--reason", "a mistake")
    assert "not on the watch list" in refused(
        capsys, place.folder, "watch", "remove", "京A00001", "--reason", "a mistake"
    )
    assert "--quiet" in refused(capsys, place.folder, "watch", "add", "京A00001", "--why", "x", "--quiet")


def test_a_pass_whose_pictures_cannot_all_be_written_leaves_none(place: Place, capsys: Output, tmp_path: Path) -> None:
    good, old = tmp_path / "good.png", b"an older picture"
    (tmp_path / "folder.svg").mkdir()
    wanted = ("pass", "issue", "--plate", "鲁B12345", "--class", "resident", "--png", str(good), "--svg")
    for bad in (tmp_path / "nowhere" / "bad.svg", tmp_path / "folder.svg"):
        assert str(bad) in refused(capsys, place.folder, *wanted, str(bad))
        assert not good.exists()
        good.write_bytes(old)
        assert str(bad) in refused(capsys, place.folder, *wanted, str(bad))
        assert good.read_bytes() == old
        good.unlink()
    assert said(place, capsys, "pass", "list") == ""
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == set()
    said(place, capsys, *wanted, str(tmp_path / "good.svg"))
    assert good.read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "good.svg").read_text().startswith("<?xml")


def test_a_code_that_the_command_line_shows_stands_in_the_audit(place: Place, capsys: Output, tmp_path: Path) -> None:
    """Faults C: `pass show`, `issue`, `renew` and `replace` print the code's text."""
    id_ = issue(place, capsys, "--png", str(tmp_path / "a.png"), "--svg", str(tmp_path / "a.svg"))
    said(place, capsys, "pass", "show", id_)
    renewed = said(place, capsys, "pass", "renew", id_).splitlines()[0]
    replaced = said(place, capsys, "pass", "replace", renewed, "--reason", "lost").splitlines()[0]
    rows = [row for row in table(place, "audit") if row["action"] == codes.ACTION]
    found = [(row["user"], row["object"].removeprefix("passes/"), json.loads(row["detail"])["how"]) for row in rows]
    assert found == [
        ("cli", id_, "text"), ("cli", id_, "png"), ("cli", id_, "svg"), ("cli", id_, "text"), ("cli", renewed, "text"),
        ("cli", replaced, "text"),
    ]  # fmt: skip
