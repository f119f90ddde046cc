"""The figures for Prometheus: what the checks measure, and how long requests take. No personal data: gates and queues by their names alone.

The checks run at most every five seconds, however often somebody asks.

Tested in `tests/hub/health/test_metrics.py`.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from hub.health.checks import CHECKS, Check, Result
from hub.health.finding import RANK

CONTENT_TYPE = CONTENT_TYPE_LATEST
EVERY = 5.0
"""Seconds for which what the checks found is kept."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0)
CHECKED: tuple[Check, ...] = tuple(each for each in CHECKS if each.name != "pages")
"""Without the question if the console answers: it does, when it is asked for its figures."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric: what it says, and by what its lines differ (empty: there is one line)."""

    help: str
    label: str = ""


MEASURES: Mapping[str, Measure] = {
    "broker_up": Measure("1 if the broker accepts connections."),
    "listener_up": Measure("1 if the listener was at its broker within the last minute."),
    "gate_up": Measure("1 if the gate is online and spoke within the last 30 seconds.", "gate"),
    "gate_last_seen_seconds": Measure("Seconds since the gate's last word.", "gate"),
    "gate_backlog": Measure("Records that the gate has yet to send.", "gate"),
    "gate_clock_ahead_seconds": Measure("Seconds by which the gate's clock is ahead of the hub's.", "gate"),
    "gate_disk_free_bytes": Measure("Free bytes of the gate's disk.", "gate"),
    "entries_total": Measure("Entries of the ledger."),
    "audit_rows_total": Measure("Rows of the audit."),
    "inside": Measure("Vehicles inside the town."),
    "waiting": Measure("What waits for somebody: batches ahead, messages in quarantine, work undone, alerts.", "queue"),
    "database_bytes": Measure("Size of the database."),
    "disk_bytes": Measure("Size of the hub's disk.", "disk"),
    "disk_free_bytes": Measure("Free bytes of the hub's disk.", "disk"),
    "backup_age_seconds": Measure("Age of the newest proven backup."),
    "backup_entries": Measure("Entries in the newest proven backup."),
    "certificate_days": Measure("Days until the certificate ends.", "certificate"),
    "slow_statements_total": Measure("Statements of over 200 ms since the process started.", "process"),
}
"""Every metric that a check measures, by its name without `kakou_`."""


class Metrics:
    """The figures of one process. `examine` runs the checks; `streams` counts the open event streams."""

    def __init__(
        self,
        examine: Callable[[Sequence[Check]], list[Result]],
        streams: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._requests = Histogram(
            "kakou_request_seconds", "How long requests took, by endpoint.", ["endpoint"], registry=self._registry, buckets=BUCKETS
        )  # fmt: skip
        self._registry.register(_Checked(examine, streams, monotonic))

    def took(self, endpoint: str | None, seconds: float) -> None:
        """Notes how long a request took."""
        self._requests.labels(endpoint or "none").observe(seconds)

    def text(self) -> bytes:
        """The page that Prometheus reads."""
        return generate_latest(self._registry)


class _Checked(Collector):
    """What the checks measure, kept for `EVERY` seconds."""

    def __init__(
        self,
        examine: Callable[[Sequence[Check]], list[Result]],
        streams: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        self._examine, self._streams, self._monotonic = examine, streams, monotonic
        self._lock = threading.Lock()
        self._kept: tuple[float, list[Result]] | None = None

    def collect(self) -> Iterator[Metric]:
        """One family of lines for each metric."""
        results = self._results()
        states = GaugeMetricFamily(
            "kakou_check_state", "What a check found: 0 in order, 1 to be looked at, 2 broken.", labels=["check", "of"]
        )
        for result in results:
            for of in dict.fromkeys(each.of for each in result.findings):
                worst = max(RANK[each.state] for each in result.findings if each.of == of)
                states.add_metric([result.check.name, of], worst)
        yield states
        streams = GaugeMetricFamily("kakou_streams", "Open event streams of pages.")
        streams.add_metric([], self._streams())
        yield streams
        yield from _measured(results)

    def _results(self) -> list[Result]:
        with self._lock:
            if self._kept is None or self._monotonic() - self._kept[0] >= EVERY:
                self._kept = self._monotonic(), self._examine(CHECKED)
            return self._kept[1]


def _measured(results: Sequence[Result]) -> Iterator[Metric]:
    for name, measure in MEASURES.items():
        labels = [measure.label] if measure.label else []
        kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
        family = kind(f"kakou_{name.removesuffix('_total')}", measure.help, labels=labels)
        for finding in (each for result in results for each in result.findings):
            if name in finding.measures:
                family.add_metric([finding.of or "ledger"] if labels else [], finding.measures[name])
        yield family
