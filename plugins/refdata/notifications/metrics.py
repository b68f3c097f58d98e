"""Metrics through Airflow's own stats: StatsD, OpenTelemetry or Datadog, whichever ``[metrics]`` enables.

If none is enabled, sending costs a function call. Names end with what they count, because plain StatsD has no
tags; where tags are sent, the table is a tag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airflow.sdk.observability import stats

from refdata.core.health import Check, State
from refdata.core.loadstates import MOVING, PUBLISHED
from refdata.core.model import FileStatus, Load

METRICS: Mapping[str, tuple[str, str]] = {
    "refdata.step.<step>": ("timer", "Milliseconds of one attempt of a step."),
    "refdata.files.<status>": ("counter", "Files whose processing ended."),
    "refdata.rows": ("counter", "Rows that loads put into tables."),
    "refdata.rejects": ("counter", "Damaged rows, of loaded and of refused files."),
    "refdata.bytes": ("counter", "Bytes of the files whose processing ended."),
    "refdata.load_duration": ("timer", "Milliseconds from getting the table's turn to publishing its rows."),
    "refdata.queue": ("gauge", "Files that wait for their load or are being loaded; sent by `refdata_health`."),
    "refdata.checks.<state>": ("gauge", "Checks of `refdata health` in each state; sent by `refdata_health`."),
}
"""Each metric's name, kind and meaning; ``docs/metrics.md`` is compared with it."""


def step_took(step: str, seconds: float) -> None:
    """An attempt of a step ended, successful or not."""
    stats.timing(f"refdata.step.{step}", seconds * 1000)


def file_ended(row: Load) -> None:
    """The processing of a file ended."""
    tags = {"table": row.table_name}
    stats.incr(f"refdata.files.{row.status.value}", tags=tags)
    for name, count in (("rows", row.rows_loaded), ("rejects", row.rows_rejected), ("bytes", row.file_size)):
        if count:
            stats.incr(f"refdata.{name}", count, tags=tags)
    if row.started_at and row.loaded_at and row.status in PUBLISHED:
        stats.timing("refdata.load_duration", (row.loaded_at - row.started_at).total_seconds() * 1000, tags=tags)


def looked(checks: Sequence[Check], counts: Mapping[FileStatus, int] | None) -> None:
    """Sends what the health task found.

    :param counts: files by status; None while the database is down.
    """
    for state in State:
        stats.gauge(f"refdata.checks.{state.value}", sum(check.state is state for check in checks))
    if counts is not None:
        stats.gauge("refdata.queue", sum(counts.get(status, 0) for status in MOVING))
