"""`kakou-hub feed` on the command line, and the sender that `serve` starts once it is needed."""

from hub.cli import main
from hub.service.serve import FeedWatch
from hub.service.supervise import Supervisor
from tests.here import run
from tests.hub.feed.receiver import receiving
from tests.hub.ledgers import send, table
from tests.hub.towns import NOW, Place
from tests.hub.wire import until


def test_a_target_is_added_listed_tested_and_removed(place: Place) -> None:
    hub = ("--data", str(place.folder), "feed")
    statuses = [200, 500]
    with receiving(lambda _headers, _data: (statuses.pop(0), {})) as port:
        added = run(main, *hub, "add", "county", f"http://127.0.0.1:{port}/", "--kind", "visit_closed", "--from-start")
        assert added.stdout == "target f-1 added: gets what stands above entry 0\n"
        assert run(main, *hub, "test", "f-1").stdout == "target f-1 confirmed an empty batch\n"
        assert "did not confirm an empty batch: answers 500" in run(main, *hub, "test", "f-1").stderr
    assert "f-1     at 0  behind by 0  county  http://127.0.0.1" in run(main, *hub, "list").stdout
    assert run(main, *hub, "remove", "f-1").returncode == 0
    assert run(main, *hub, "list").stdout == ""
    refused = run(main, *hub, "add", "county", "http://county.example/")
    assert (refused.returncode, "expected https" in refused.stderr) == (1, True)


def test_serve_starts_the_sender_when_there_is_a_target_and_not_before(place: Place) -> None:
    settings = place.town.settings
    supervisor = Supervisor([])
    watch = FeedWatch(settings, supervisor)
    try:
        watch.poll()
        assert not (settings.run / "feed.pid").exists()
        with receiving(lambda _headers, _data: (200, {})) as port:
            hub = ("--data", str(place.folder), "feed", "add", "county", f"http://127.0.0.1:{port}/", "--from-start")
            assert run(main, *hub).returncode == 0
            gate = place.gates["east"]
            gate.visit("鲁B12345", NOW)
            send(place, gate)
            watch._looked = -60.0
            watch.poll()
            until(lambda: table(place, "feed_targets")[0]["cursor"] == 3)
    finally:
        supervisor.stop()
