"""Streams a file's rows into the stage table of an attempt, applying the contract's rules on the way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from refdata.core.errors import DataError
from refdata.core.filemodel import RejectedRow
from refdata.core.model import DroppedFile, Load, Stage
from refdata.csvformat.rejects import OnReject, RejectsFile
from refdata.dropoff.osfiles import translated
from refdata.ingest.context import Deps, Detection
from refdata.ingest.reading import listing
from refdata.ingest.ruling import Ruling
from refdata.readers import reader_of

if TYPE_CHECKING:
    import pyarrow as pa


_PassRows = Callable[["Iterable[pa.RecordBatch]"], "Iterator[pa.RecordBatch]"]
"""Passes batches on, and notes what it sees of their rows."""


@dataclass(frozen=True, slots=True)
class _Staged:
    """The content of the stage table: rows, rows rejected for any reason, and the load method."""

    rows: int
    rejected: int
    method: str


def stage_rows(
    deps: Deps,
    file: DroppedFile,
    detection: Detection,
    stage: Stage,
    ruling: Ruling,
    watch: _PassRows,
    progress: Callable[[int], None],
) -> _Staged:
    """Fills the stage with the rows that the contract allows; the others go to the list of rejects.

    :param watch: sees the rows on their way.
    :raises DataError: when the row counts differ from those of the scan, or too many rows break a rule.
    """
    scan = detection.scan
    counted = _Counted()
    with (
        deps.dropoff.open(file) as name,
        _rejects(deps, file, ruling) as listed,
    ):
        path = Path(name)
        rules = ruling.row_rules
        batches = reader_of(path).read_rows(
            path, detection.format, columns=ruling.plan.read, on_reject=counted.into(listed), rules=rules
        )
        rows, method = deps.warehouse.stage(stage, ruling.columns, ruling.staged(watch(batches)), progress)
        ruling.rejected = counted.rows - scan.rejected
        _check_counts(detection, rows, counted.rows, ruling, file)
        reasons = ruling.check_keys(stage)
        for reject in ruling.place(path, detection.format, reasons):
            listed(reject)
    ruling.check_limit(file, scan.rejected, scan.rows + scan.rejected)
    return _Staged(rows - len(reasons), scan.rejected + ruling.rejected, method)


@dataclass(slots=True)
class _Counted:
    rows: int = 0

    def into(self, listed: OnReject) -> OnReject:
        """Counts each reject, and passes it on."""

        def count(reject: RejectedRow) -> None:
            self.rows += 1
            listed(reject)

        return count


@contextlib.contextmanager
def _rejects(deps: Deps, file: DroppedFile, ruling: Ruling) -> Iterator[OnReject]:
    """The list for rejects. Without rules the list that the scan wrote is complete."""
    if not ruling.has_rules:
        yield lambda _: None
        return
    path = deps.dropoff.rejects_path(file, ruling.row.id)
    try:
        with translated(str(path.parent)), RejectsFile(path) as rejects:
            yield listing(rejects, ruling.row, deps.rules(ruling.row.table_name).max_rejected_rows)
    finally:
        deps.dropoff.share_rejects(file, ruling.row.id)


def _check_counts(detection: Detection, rows: int, rejected: int, ruling: Ruling, file: DroppedFile) -> None:
    """Every row that the scan counted was read again; only rules may have rejected more of them."""
    scan = detection.scan
    if rows + rejected == scan.rows + scan.rejected and (ruling.rejected == 0 or ruling.may_reject):
        return
    raise DataError(
        f"{scan.rows} rows and {scan.rejected} rejects were counted,"
        f" but {rows} and {rejected} were read; nothing was loaded",
        where=file.path,
        advice="Drop the file again; if this happens again, report it as a bug.",
    )


def warn_of_rules(deps: Deps, row: Load, ruling: Ruling) -> None:
    """Reports in the ledger, once, the rules that rows break and that only warn."""
    said = (*ruling.warned.sentences(), *ruling.warnings)
    if not said:
        return
    row = deps.ledger.get(row.id) or row  # other steps may have warned since
    new = tuple(warning for warning in said if warning not in row.warnings)
    if new:
        deps.log.warning("%s", " ".join(new))
        deps.ledger.add_warnings(row, new)
