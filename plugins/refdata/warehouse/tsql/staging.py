"""Fills a stage table by the best available method, and falls back only before the first row."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from refdata.ahead import ahead
from refdata.core.errors import ConfigurationError, DataError, RefdataError
from refdata.core.model import Column, TableName
from refdata.warehouse.tsql.pool import ConnectionPool

if TYPE_CHECKING:
    import pyarrow as pa

_log = logging.getLogger("refdata.warehouse")


SMALL_CELLS = 65_000
"""Values up to which ``auto`` uses insert: bulk copy's login and table lookup cost a fixed time.
``python -m benchmarks.load_mssql --crossover`` on Babelfish: 1.9 s against 2.8 s at 65,000 values (5,000 rows of
13 columns), 5.0 s against 2.7 s at 260,000."""


class StagedBatches:
    """The batches on their way to the server.

    ``schema`` is that of all batches, None when there are none. ``started`` is True once a batch was handed
    over. ``rows`` counts those of the batches that were accepted completely. ``cells`` is the number of all values,
    None where there is more than one batch. An exception of the reader, or of the progress report, is kept: a
    driver may hide it. ``go_on`` raises when the load was stopped: a loader that sends many statements per batch
    calls it before each. Some drivers keep the interpreter busy during a statement (pyodbc with arrays of values),
    so that a thread that stops the load would hardly get a turn.
    """

    def __init__(
        self,
        batches: Iterable[pa.RecordBatch],
        on_progress: Callable[[int], None],
        go_on: Callable[[], None] = lambda: None,
    ) -> None:
        self._batches: Iterator[pa.RecordBatch] = ahead(batches)
        self.go_on = go_on
        self._on_progress = on_progress
        self.started = False
        self.rows = 0
        self.error: BaseException | None = None
        seen = list(itertools.islice(self._batches, 2))
        self.schema: pa.Schema | None = seen[0].schema if seen else None
        self.cells = sum(batch.num_rows * batch.num_columns for batch in seen) if len(seen) < 2 else None
        self._batches = itertools.chain(seen, self._batches)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches; progress is reported when the next one is requested, because then this one is staged."""
        try:
            for batch in self._batches:
                self.go_on()
                self.started = True
                yield batch
                self.rows += batch.num_rows
                self._on_progress(self.rows)
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            raise


class Loader(Protocol):
    """One way to fill a stage table."""

    @property
    def method(self) -> str:
        """``bulk`` or ``insert``."""
        ...

    def load(self, target: TableName, columns: Sequence[Column], source: StagedBatches, pool: ConnectionPool) -> int:
        """Writes all batches; returns the number of rows that the server took.

        :raises RefdataError: an error of the tree; before the first batch is requested, nothing is staged.
        """
        ...


def choose(loaders: Sequence[Loader], wanted: str) -> Sequence[Loader]:
    """The loaders to try in order for the setting ``load_method``.

    :raises ConfigurationError: when the engine lacks the wanted method.
    """
    if wanted == "auto":
        return loaders
    chosen = [loader for loader in loaders if loader.method == wanted]
    if not chosen:
        raise ConfigurationError(
            f"This engine does not have the load method {wanted}",
            where="setting load_method",
            advice=f"Use auto or {' or '.join(loader.method for loader in loaders)}.",
        )
    return chosen


def fill_stage(
    loaders: Sequence[Loader],
    target: TableName,
    columns: Sequence[Column],
    batches: Iterable[pa.RecordBatch],
    on_progress: Callable[[int], None],
    pool: ConnectionPool,
    go_on: Callable[[], None] = lambda: None,
) -> tuple[int, str]:
    """Stages the rows; returns their number and the method used.

    :param loaders: the best first; with more than one of them, the one that suits the source is tried first.
    :param go_on: called before each statement; raises when the load was stopped.
    :raises DataError: when the server took a different number of rows than were read.
    """
    source = StagedBatches(batches, on_progress, go_on)
    loaders = _suited(loaders, source)
    for loader in loaders[:-1]:
        try:
            return _load(loader, target, columns, source, pool)
        except RefdataError as error:
            if source.started or source.error is not None:
                raise
            _log.warning("Load method %s failed before the first row: %s", loader.method, error)
    return _load(loaders[-1], target, columns, source, pool)


def _suited(loaders: Sequence[Loader], source: StagedBatches) -> Sequence[Loader]:
    """The loaders in order, or only ``insert`` where there are so few values that bulk copy would take longer."""
    if len(loaders) == 1 or source.cells is None or source.cells > SMALL_CELLS:
        return loaders
    _log.info(
        "Load method insert is used for %s values: up to %s it is faster than bulk copy", source.cells, SMALL_CELLS
    )
    return [loader for loader in loaders if loader.method == "insert"]


def _load(
    loader: Loader, target: TableName, columns: Sequence[Column], source: StagedBatches, pool: ConnectionPool
) -> tuple[int, str]:
    try:
        taken = loader.load(target, columns, source, pool)
    except BaseException:
        if source.error is not None:
            raise source.error from None
        raise
    if taken != source.rows:
        raise DataError(
            f"{source.rows} rows were read but the server counted {taken}",
            where=str(target),
            advice="Load the file again; if it recurs, set load_method to insert and report it.",
        )
    return taken, loader.method
