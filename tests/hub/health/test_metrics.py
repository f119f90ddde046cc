"""The figures for Prometheus: who gets them, what they say, what they cost."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from hub.accounts.roles import Role
from hub.health.checks import Check, Result
from hub.health.metrics import EVERY, MEASURES, Metrics
from hub.health.views import FORWARDED
from hub.town.settings import FILE, Settings
from tests.hub import busy
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import table
from tests.hub.towns import Place

TOKEN = "prometheus-0123456789"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    found = busy.settle_busy(tmp_path)
    yield found
    found.engine.dispose()


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        yield app


def configure(town: Place, **sections: dict[str, object]) -> None:
    data = town.town.settings.model_dump(mode="json") | sections
    (town.folder / FILE).write_text(Settings.of(data, town.folder).text(), encoding="utf-8")


def values(app: Flask) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_town(app: Flask, town: Place) -> None:
    found = values(app)
    names = {name for name, _labels in found}
    assert found["kakou_entries_total", ()] == len(table(town, "entries"))
    assert found["kakou_inside", ()] == len(table(town, "inside"))
    assert found["kakou_waiting", ("quarantine",)] >= 1
    assert ("kakou_gate_up", ("east",)) in found
    assert found["kakou_check_state", ("audit", "")] == 0
    assert found["kakou_streams", ()] == 0
    missing = {f"kakou_{name}" for name in MEASURES} - names
    assert missing <= {"kakou_backup_age_seconds", "kakou_backup_entries", "kakou_slow_statements_total", "kakou_gate_disk_free_bytes"}  # fmt: skip


def test_how_long_requests_take_is_counted_by_endpoint(app: Flask) -> None:
    Browser(app, Role.VIEWER).open("/ledger?plate=鲁B12345")
    found = values(app)
    assert found["kakou_request_seconds_count", ("ledger.visits",)] == 1
    assert ("kakou_request_seconds_bucket", ("ledger.visits", "0.1")) in found


def test_no_personal_data_is_in_them(app: Flask) -> None:
    text = app.test_client().get("/metrics").text
    for name in ("鲁", "王", "李芳", "officer"):
        assert name not in text


def test_head_answers_too(app: Flask) -> None:
    for page in ("/metrics", "/healthz"):
        assert app.test_client().head(page).status_code == app.test_client().get(page).status_code


@pytest.mark.parametrize("header", FORWARDED)
def test_behind_a_proxy_nobody_sits_at_this_machine(app: Flask, header: str) -> None:
    assert app.test_client().get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_another_machine_gets_nothing(app: Flask) -> None:
    answer = app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": "192.168.1.9"})
    assert answer.status_code == 403
    assert answer.text.count("\n") == 1
    ours = app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": "::1"})
    assert ours.status_code == 200


def test_who_has_the_token_gets_them_from_anywhere(town: Place) -> None:
    configure(town, metrics={"token": TOKEN})
    with console(town) as app:
        client, far = app.test_client(), {"REMOTE_ADDR": "192.168.1.9"}
        assert client.get("/metrics", environ_base=far).status_code == 401
        for sent, status in ((TOKEN, 200), (f"{TOKEN}x", 401), ("", 401), ("é", 401)):
            answer = client.get("/metrics", headers={"Authorization": f"Bearer {sent}"}, environ_base=far)
            assert answer.status_code == status, sent
        assert client.get("/metrics", headers={"Authorization": f"Basic {TOKEN}"}).status_code == 401


def test_with_a_proxy_of_ours_only_the_token_counts(town: Place) -> None:
    configure(town, web={"proxies": 1})
    with console(town) as app:
        assert app.test_client().get("/metrics").status_code == 403
        assert app.test_client().get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403


def test_the_checks_run_once_in_five_seconds() -> None:
    asked: list[Sequence[Check]] = []
    clock = [100.0]

    def examine(checks: Sequence[Check]) -> list[Result]:
        asked.append(checks)
        return []

    metrics = Metrics(examine, lambda: 3, lambda: clock[0])
    for _ in range(5):
        assert b"kakou_streams 3.0" in metrics.text()
    assert len(asked) == 1
    clock[0] += EVERY
    metrics.text()
    assert len(asked) == 2
    assert "pages" not in {each.name for each in asked[0]}
