"""A load's messages: metrics to a local StatsD listener and OpenTelemetry collector; an asset with rows and version."""

from __future__ import annotations

import atexit
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import opentelemetry.metrics
import pytest
from airflow.sdk._shared.observability.metrics import otel_logger
from airflow.sdk._shared.observability.metrics import stats as implementation
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

from refdata.core.health import Check, State
from refdata.core.model import FileStatus
from refdata.notifications import metrics
from refdata.notifications.assets import TABLES
from tests.airflow.load.test_load_dag import Run, drop

STEPS = ("detect_format", "align_table", "load_rows", "write_config", "move_to_processed")


class Listener:
    """A StatsD server that keeps what it gets, by name."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.3)
        self.port = self.socket.getsockname()[1]

    def read(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        while True:
            try:
                lines = self.socket.recv(65536).decode().splitlines()
            except TimeoutError:
                return found
            for line in lines:
                name, _, value = line.partition(":")
                found.setdefault(name, []).append(value)


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    listener = Listener()
    settings = {
        "STATSD_ON": "True",
        "STATSD_HOST": "127.0.0.1",
        "STATSD_PORT": str(listener.port),
        "STATSD_PREFIX": "airflow",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"AIRFLOW__METRICS__{name}", value)
    stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
    yield listener
    client: Any = vars(implementation._get_backend())["statsd"]
    client.close()  # Airflow leaves it to the end of the process
    monkeypatch.undo()
    stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
    listener.socket.close()


class Collector:
    """An OpenTelemetry collector that keeps the last it got of each metric, by name."""

    def __init__(self) -> None:
        self.metrics: dict[str, Metric] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = ExportMetricsServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
                scopes = [scope for resource in sent.resource_metrics for scope in resource.scope_metrics]
                collector.metrics.update({metric.name: metric for scope in scopes for metric in scope.metrics})
                self.send_response(200 if self.path == "/v1/metrics" else 404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def counted(self, name: str) -> tuple[int, dict[str, str]]:
        """The value that a process added to a counter, and the tags."""
        counter = self.metrics[name].sum
        assert counter.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
        (point,) = counter.data_points
        return point.as_int, {tag.key: tag.value.string_value for tag in point.attributes}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    monkeypatch.setenv("AIRFLOW__METRICS__OTEL_ON", "True")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{made.server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")  # as docs/metrics.md says
    stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
    yield made
    provider: Any = opentelemetry.metrics.get_meter_provider()
    provider.shutdown()
    atexit.unregister(otel_logger.flush_otel_metrics)
    monkeypatch.undo()
    stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
    made.close()


def test_a_collector_of_opentelemetry_gets_the_same_with_the_table_as_tag(root: Path, collector: Collector) -> None:
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n02,Linz\n"))
    for step in STEPS:
        run.step(step)
    metrics.looked([Check("a", State.FAIL, "")], {FileStatus.PENDING: 3})
    provider: Any = opentelemetry.metrics.get_meter_provider()
    provider.force_flush()  # what Airflow does at the end of a task's process
    assert collector.counted("airflow.refdata.rows") == (2, {"table": "cities"})
    assert collector.counted("airflow.refdata.bytes") == (26, {"table": "cities"})
    assert collector.counted("airflow.refdata.files.completed") == (1, {"table": "cities"})
    took = [collector.metrics[f"airflow.refdata.step.{step}"] for step in STEPS]
    assert [(one.unit, one.exponential_histogram.data_points[0].count) for one in took] == [("ms", 1)] * len(STEPS)
    assert collector.metrics["airflow.refdata.queue"].gauge.data_points[0].as_int == 3
    assert collector.metrics["airflow.refdata.checks.fail"].gauge.data_points[0].as_int == 1


def test_a_load_sends_its_steps_rows_bytes_and_status(root: Path, statsd: Listener) -> None:
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n02,Linz\n"))
    for step in STEPS:
        run.step(step)
    found = statsd.read()
    assert {f"airflow.refdata.step.{step}" for step in STEPS} <= set(found)
    assert found["airflow.refdata.files.completed"] == ["1|c"]
    assert found["airflow.refdata.rows"] == ["2|c"]
    assert found["airflow.refdata.bytes"] == ["26|c"]
    assert found["airflow.refdata.load_duration"][0].endswith("|ms")


def test_a_refused_file_sends_its_rejects(root: Path, statsd: Listener) -> None:
    run = Run(drop(root, "cities.csv", "code,name\n01\n02,Linz\n"))
    with pytest.raises(Exception, match="damaged"):
        run.step("detect_format")
    run.step("move_to_error")
    found = statsd.read()
    assert found["airflow.refdata.files.error"] == ["1|c"]
    assert found["airflow.refdata.rejects"] == ["1|c"]
    assert "airflow.refdata.rows" not in found


def test_health_figures_are_gauges(statsd: Listener) -> None:
    metrics.looked([Check("a", State.FAIL, ""), Check("b", State.OK, "")], {FileStatus.PENDING: 3, FileStatus.ERROR: 9})
    found = statsd.read()
    assert found["airflow.refdata.queue"] == ["3|g"]
    assert [found[f"airflow.refdata.checks.{state}"] for state in State] == [["1|g"], ["0|g"], ["1|g"]]


def test_every_metric_that_is_sent_is_listed(root: Path, statsd: Listener) -> None:
    listed = {name.partition("<")[0] for name in metrics.METRICS}
    metrics.looked([], {})
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n"))
    for step in STEPS:
        run.step(step)
    sent = {name.removeprefix("airflow.") for name in statsd.read()}
    assert all(any(name.startswith(one) for one in listed) for name in sent)


def emitted(run: Run) -> list[Any]:
    return list(run.context["outlet_events"][TABLES].asset_alias_events)


def test_a_load_emits_its_table_with_rows_and_version(root: Path) -> None:
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n02,Linz\n"))
    for step in STEPS:
        run.step(step)
    (event,) = emitted(run)
    assert event.dest_asset_key.uri.startswith("file:///")
    assert event.dest_asset_key.uri.endswith("refdata.db/ref/cities")
    assert {name: event.extra[name] for name in ("table", "rows", "version", "load_type")} == {
        "table": "cities", "rows": 2, "version": 1, "load_type": "fullload"
    }  # fmt: skip


def test_a_duplicate_emits_nothing(root: Path) -> None:
    for number in range(2):
        run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n"), f"run {number}")
        for step in STEPS:
            run.step(step)
    assert emitted(run) == []
