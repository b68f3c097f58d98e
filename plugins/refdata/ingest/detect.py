"""First step: register the file, find its format, scan every row."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from refdata.closedstore import ClosedStore
from refdata.core.alignment import own_columns
from refdata.core.closedtables import Closed, current_name, require_open
from refdata.core.contract import Contract
from refdata.core.contracttypes import with_declared_types
from refdata.core.doubts.formats import damage_doubt
from refdata.core.emptycolumns import without_empty_ends
from refdata.core.errors import DataError, FileChangedError, FormatError, be
from refdata.core.filemodel import Format, RejectedRow, Scan
from refdata.core.filetypes import enabled
from refdata.core.knownformat import known_format
from refdata.core.loadstates import DONE, IN_FLIGHT
from refdata.core.model import DroppedFile, Load, Table
from refdata.core.statedformat import stated_format
from refdata.csvformat.rejects import RejectsFile
from refdata.dropoff.osfiles import translated
from refdata.ingest.asking import table_for
from refdata.ingest.context import Deps, Detection, on_one_connection
from refdata.ingest.memory import column_match, contract_for, places_unknown
from refdata.ingest.reading import listing
from refdata.ingest.refitting import scan_as_known
from refdata.readers import reader_of


@on_one_connection
def detect_format(deps: Deps, file: DroppedFile, run_id: str) -> Detection:
    """Finds the file's format and its columns' types; changes nothing in the database except the ledger.

    :raises FormatError: the file cannot be read safely as CSV.
    :raises DataError: more rows are damaged than the table allows.
    :raises ClosedTableError: the table was retired or deleted.
    :raises FileChangedError: the file is gone, or is not the one that was released.
    """
    deps.warehouse.initialise()
    if (done := _done_before(deps, file, run_id)) is not None:
        return done
    closed = ClosedStore(deps.warehouse).all()
    row = deps.ledger.register(file, table_for(deps, deps.table_of(file), closed), run_id, deps.clock())
    if row.file_path != file.path:
        return _as_it_ended(row, file)
    deps.log.info("Load %s: %s goes to table %s", row.id, file.path, row.table_name)
    require_open(closed, row.table_name)
    # The list gets its name only once the file is known to be unchanged: otherwise it could be another run's list.
    with (
        _leaving_no_rejects(deps, file, row),
        _rejects_of(deps, file, row) as rejects,
        deps.dropoff.open(file) as path,
    ):
        contract, live = contract_for(deps, row), deps.warehouse.table(deps.target(row))
        fmt = _format(deps, Path(path), contract, live)
        allowed = deps.rules(row.table_name).max_rejected_rows
        scanned = scan_file(Path(path), fmt, contract, live, listing(rejects, row, allowed))
    scanned = replace(scanned, warnings=(*_renamed(closed, deps.table_of(file)), *scanned.warnings))
    deps.log.info("Scanned %s rows, %s rejected", scanned.rows, scanned.rejected)
    if fmt.doubt is None:
        fmt = replace(fmt, doubt=damage_doubt(scanned, allowed, rejects.fitting))
    if not deps.ledger.record_format(row.id, fmt, scanned, scanned.warnings, file.identity):
        raise FileChangedError(
            "The file changed after its release", where=file.path, advice="Nothing; its next run takes over."
        )
    if fmt.doubt is None:
        _check_rejects(deps, scanned, row)
    # The ledger's warnings quote skipped lines; Airflow keeps what is returned, and it is to hold no text of the file.
    return Detection(row.id, replace(fmt, skipped=()), replace(scanned, warnings=()))


def _renamed(closed: Closed, named: str) -> tuple[str, ...]:
    """The warning that a file's name is a table's former one."""
    entry, name = closed.get(named), current_name(closed, named)
    if entry is None or name == named:
        return ()
    since = f"since {entry.closed_at:%Y-%m-%d} ({entry.closed_by}: {entry.reason})"
    return (f"The file is named for {named}, which is called {name} {since}: its rows go there.",)


@contextlib.contextmanager
def _leaving_no_rejects(deps: Deps, file: DroppedFile, row: Load) -> Iterator[None]:
    """Removes rejects written here when a second attempt has archived the file, and its rejects, in the meantime.

    The second attempt also looks for them once the ledger has the archive path, so whichever is last cleans up.
    """
    try:
        yield
    except FileChangedError:
        current = deps.ledger.get(row.id)
        if current is None or current.file_path != file.path:
            deps.dropoff.discard_rejects(file, row.id)
        raise


def _done_before(deps: Deps, file: DroppedFile, run_id: str) -> Detection | None:
    """The detection of a load that this same run already finished and archived, when the run starts again.

    That happens when somebody clears the run, or when a second Airflow watches the same folders. The later steps find
    the load done and need only its id.

    :raises FileChangedError: when the run finished by refusing the file.
    """
    row = None if deps.dropoff.is_there(file) else deps.ledger.by_run(run_id)
    if row is None or row.status in IN_FLIGHT or row.file_identity != file.identity:
        return None
    return _as_it_ended(row, file)


def _as_it_ended(row: Load, file: DroppedFile) -> Detection:
    """:raises FileChangedError: when the file was refused."""
    if row.status not in DONE:
        raise FileChangedError(
            f"This run already refused the file; it is now in {row.file_path}",
            where=file.path,
            advice="Fix it and drop it again.",
        )
    fmt = Format(row.detected_encoding or "", row.detected_delimiter or "", "", "", True, row.detected_headers)
    counts = row.rows_read or 0, row.rows_rejected or 0
    return Detection(row.id, fmt, Scan((), *counts, row.file_hash or "", row.file_size or 0))


def read_format(deps: Deps, path: Path, contract: Contract, live: Table | None) -> Format:
    """How a file for a table is to be read, with the reasons; in doubt, its likeliest reading and the others.

    :param live: the table as it is now.

    :raises FormatError: when it is no CSV that can be read safely, or has two readings and no question settles which.
    :raises ConfigurationError: when the table's contract file is wrong.
    """
    # Imported here, because at the top each DAG parse would pay for pyarrow and numpy.
    from refdata.csvformat.text import storage_errors

    names = [column.name for column in own_columns(live)] if live else []
    with storage_errors(path):
        fmt = reader_of(path, enabled(deps.settings.file_types)).detect(
            path,
            known=known_format(contract, names),
            code_page=deps.settings.code_page,
            min_confidence=deps.settings.min_confidence,
            stated=stated_format(contract),
        )
    if fmt.doubt is not None and not fmt.doubt.readings:
        raise FormatError(fmt.doubt.what, where=str(path), advice=fmt.doubt.advice)
    return fmt


def _format(deps: Deps, path: Path, contract: Contract, live: Table | None) -> Format:
    fmt = read_format(deps, path, contract, live)
    # The reasons quote text before and after the table, so only the file's owner may see them (`refdata detect`).
    fmt = replace(fmt, reasons=())
    deps.log.info(
        "Format: %s, delimiter %r, quote %r, %s, %s columns, confidence %.2f",
        fmt.encoding,
        fmt.delimiter,
        fmt.quote,
        "with a header" if fmt.has_header else "without a header",
        len(fmt.header),
        fmt.confidence,
    )
    return fmt


@contextlib.contextmanager
def _rejects_of(deps: Deps, file: DroppedFile, row: Load) -> Iterator[RejectsFile]:
    """The list of the load's damaged rows; a disk that cannot be written is not the file's fault."""
    path = deps.dropoff.rejects_path(file, row.id)
    try:
        with translated(str(path.parent)), RejectsFile(path) as rejects:
            yield rejects
    finally:
        deps.dropoff.share_rejects(file, row.id)


def scan_file(
    path: Path,
    fmt: Format,
    contract: Contract,
    live: Table | None,
    on_reject: Callable[[RejectedRow], None] | None = None,
) -> Scan:
    """The full scan of a file for a table: its columns by the table's names, with the types that the table knows."""
    names = column_match(fmt, live, contract).names
    if places_unknown(fmt, live, contract):  # a column's type would be forced on another one's values
        return reader_of(path).scan(path, fmt, names, on_reject=on_reject)
    scanned = scan_as_known(path, fmt, names, contract, live, on_reject)
    columns = with_declared_types(scanned.columns, contract)
    return replace(scanned, columns=without_empty_ends(columns, live, contract) if fmt.has_header else columns)


def _check_rejects(deps: Deps, scanned: Scan, row: Load) -> None:
    allowed = deps.rules(row.table_name).max_rejected_rows
    if scanned.rejected and not scanned.rows:
        raise FormatError(
            f"None of the {scanned.rejected} rows can be read",
            where=row.file_name,
            advice="Open the .rejects.csv beside the file; it lists each line and its reason.",
        )
    if scanned.rejected > allowed:
        raise DataError(
            f"{scanned.rejected} of {scanned.rows + scanned.rejected} rows {be(scanned.rejected)} damaged;"
            f" {allowed} {be(allowed)} allowed",
            where=row.file_name,
            advice="Fix the lines listed in the .rejects.csv beside the file, or allow some with max_rejected_rows.",
        )
