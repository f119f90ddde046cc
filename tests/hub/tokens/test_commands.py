"""`kakou-hub token` on the command line."""

from datetime import datetime, timedelta

from hub.cli import main
from tests.here import run
from tests.hub.ledgers import table
from tests.hub.towns import Place


def test_a_token_is_made_listed_and_revoked(place: Place) -> None:
    hub = ("--data", str(place.folder), "token")
    made = run(
        main, *hub, "make", "county", "--scope", "visits:read,gates:read", "--scope", "entries:read", "--days", "7"
    )
    id_, text, *_rest = made.stdout.split()
    assert (made.returncode, id_, text.startswith("kakou-")) == (0, "t-1", True)
    last = datetime.now(place.town.settings.zone) + timedelta(days=7)
    listed = run(main, *hub, "list").stdout
    assert f"until {last.date().isoformat()}" in listed, "by the town's clock"
    assert "county  visits:read gates:read entries:read" in listed
    assert "valid" in listed
    assert text not in listed
    assert run(main, *hub, "revoke", "t-1").stdout == "token t-1 (county) revoked\n"
    assert "revoked" in run(main, *hub, "list", "--search", "county").stdout
    assert run(main, *hub, "list", "--search", "nobody").stdout == ""


def test_what_is_wrong_is_one_line(place: Place) -> None:
    hub = ("--data", str(place.folder), "token")
    for words, line in (
        (("make", "x", "--scope", "all"), "scope 'all': expected one of visits:read"),
        (("make", " ", "--scope", "gates:read"), "name: expected"),
        (("make", "x", "--scope", "gates:read", "--days", "0"), "days: expected 1 to 3650"),
        (("revoke", "t-9"), "token 't-9': there is no such token"),
    ):
        refused = run(main, *hub, *words)
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert line in refused.stderr
    assert table(place, "api_tokens") == []
