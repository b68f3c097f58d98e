"""A summary of past loads: throughput, the slowest tables, why files are refused, and what to improve. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from refdata.core.loadfigures import LoadFigures
from refdata.core.loadstates import FAILED, PUBLISHED
from refdata.core.sqltypes import SqlType

BULK_WORTH = 50_000
"""Rows from which bulk copy pays off: for fewer, opening its connection costs what it saves."""
WAIT_WORTH = 300.0
"""Seconds of waiting for a table's turn that are worth mentioning."""
SLOWEST = 10


@dataclass(frozen=True, slots=True)
class _Throughput:
    """Totals over a period. ``seconds`` is the loads' own work, from turn to publish; ``size`` in bytes."""

    files: int
    loaded: int
    refused: int
    rows: int
    rejects: int
    size: int
    seconds: float

    @property
    def rows_per_second(self) -> float:
        """Rows published for each second of work; 0 where nothing was loaded."""
        return self.rows / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class _TableLoads:
    """A table's loads: median seconds and waiting times, and total rows."""

    table_name: str
    loads: int
    rows: int
    seconds: float
    slowest: float
    waited: float
    method: str


@dataclass(frozen=True, slots=True)
class NarrowerType:
    """A text column whose values fit another type, judged by ``rows`` of them."""

    table_name: str
    column: str
    type: SqlType
    fits: SqlType
    rows: int


@dataclass(frozen=True, slots=True)
class Report:
    """``days`` has the rows and files of each day (UTC), ``errors`` the refused files of each category."""

    throughput: _Throughput
    days: tuple[tuple[str, int, int], ...]
    tables: tuple[_TableLoads, ...]
    errors: tuple[tuple[str, int], ...]
    advice: tuple[str, ...]


def make_report(loads: Sequence[LoadFigures], narrower: Iterable[NarrowerType] = ()) -> Report:
    """Makes the report on some loads.

    :param narrower: findings from the live tables, for advice on types.
    """
    done = [load for load in loads if load.status in PUBLISHED]
    slowest = tuple(sorted(_by_table(done), key=lambda table: -table.seconds)[:SLOWEST])
    errors = Counter(load.error_category or "internal" for load in loads if load.status in FAILED)
    return Report(
        _throughput(loads, done), _by_day(done), slowest, tuple(errors.most_common()),
        (*_on_loads(done, loads), *map(_on_type, narrower)),
    )  # fmt: skip


def _throughput(loads: Sequence[LoadFigures], done: Sequence[LoadFigures]) -> _Throughput:
    return _Throughput(
        len(loads),
        len(done),
        sum(load.status in FAILED for load in loads),
        sum(load.rows_loaded or 0 for load in done),
        sum(load.rows_rejected or 0 for load in loads),
        sum(load.file_size or 0 for load in done),
        sum(load.seconds or 0.0 for load in done),
    )


def _by_day(done: Iterable[LoadFigures]) -> tuple[tuple[str, int, int], ...]:
    days: dict[str, tuple[int, int]] = {}
    for load in done:
        moment: datetime = load.loaded_at or load.created_at
        rows, files = days.get(day := f"{moment:%Y-%m-%d}", (0, 0))
        days[day] = rows + (load.rows_loaded or 0), files + 1
    return tuple((day, *days[day]) for day in sorted(days))


def _by_table(done: Iterable[LoadFigures]) -> list[_TableLoads]:
    groups: dict[str, list[LoadFigures]] = {}
    for load in done:
        if load.seconds is not None:
            groups.setdefault(load.table_name, []).append(load)
    return [_table(name, members) for name, members in groups.items()]


def _table(name: str, loads: Sequence[LoadFigures]) -> _TableLoads:
    seconds = [load.seconds or 0.0 for load in loads]
    return _TableLoads(
        name, len(loads), sum(load.rows_loaded or 0 for load in loads), median(seconds), max(seconds),
        median(load.waited or 0.0 for load in loads), loads[-1].load_method or "",
    )  # fmt: skip


def _on_loads(done: Sequence[LoadFigures], loads: Sequence[LoadFigures]) -> Iterable[str]:
    for table in sorted(_by_table(done), key=lambda one: one.table_name):
        share = table.rows // table.loads
        if table.method == "insert" and share >= BULK_WORTH:
            yield f"{table.table_name} loads {share:,} rows per load by INSERT: set `load_method` to `bulk` or `auto`."
        if table.waited >= WAIT_WORTH:
            yield (f"{table.table_name} waits {table.waited:.0f} s for its turn: drop fewer files for it at a time, "
                   "or one file that contains them.")  # fmt: skip
    rejects = Counter[str]()
    for load in loads:
        rejects[load.table_name] += load.rows_rejected or 0
    for name, count in rejects.most_common(3):
        if count:
            yield f"{name} had {count:,} rejected rows: show its owner the `.rejects.csv` files."


def _on_type(advice: NarrowerType) -> str:
    return (
        f"{advice.table_name}: column {advice.column} is {advice.type}, and the {advice.rows:,} rows checked fit "
        f"{advice.fits}: alter the column if that is what it contains. A load widens it again only if necessary."
    )
