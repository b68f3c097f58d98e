"""Finds where ledger, database and folders disagree about a load, and repairs what can be repaired.

The next retry cleans up after a killed step. This module handles what no step comes back to: Airflow gave up, a run
was deleted, somebody moved a file by hand. A finding is repaired only where the facts allow one outcome, and by the
same code that the load itself runs; everything else is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from refdata.core import publishing
from refdata.core.dropnames import task_key
from refdata.core.errors import CancelledError, DataError, RefdataError
from refdata.core.failure import Failure, failure_of
from refdata.core.loadstates import DONE, IN_FLIGHT, REFUSED, RunState
from refdata.core.model import DroppedFile, FileStatus, Load, Stage, TableName
from refdata.core.runid import run_id_of
from refdata.dropoff.leftovers import Leftover, remove
from refdata.ingest.archive import gave_up, move_to_error, move_to_processed
from refdata.ingest.cancel import cancel_ended, cancellation
from refdata.ingest.configure import write_config
from refdata.ingest.context import Deps, Loaded
from refdata.ingest.handing import give_up
from refdata.ingest.turn import PREVIEW, is_old_preview, vanished
from refdata.ledger import last_sign

_STOPPED = "Somebody ended its run in Airflow before the load was done"


class DefectKind(StrEnum):
    """The kinds of problems."""

    STOPPED_RUN = "stopped_run"
    STALE_TURN = "stale_turn"
    ABANDONED = "abandoned"
    VANISHED = "vanished"
    NOT_ARCHIVED = "not_archived"
    NOT_MARKED = "not_marked"
    FILE_MISSING = "file_missing"
    LEFT_STAGE = "left_stage"
    LEFT_TABLE = "left_table"
    LEFT_REJECTS = "left_rejects"
    LEFT_COPY = "left_copy"
    FORGOTTEN = "forgotten"
    NOT_REGISTERED = "not_registered"


@dataclass(frozen=True, slots=True)
class Defect:
    """One problem, in words; ``fix`` is None where only a person can decide."""

    kind: DefectKind
    load_id: int
    where: str
    what: str
    remedy: str
    fix: Callable[[], object] | None = field(default=None, repr=False, compare=False)


def no_airflow(run_id: str) -> RunState:  # noqa: ARG001
    """The answer when Airflow is not asked."""
    return RunState.UNKNOWN


def find_defects(deps: Deps, run_state: Callable[[str], RunState] = no_airflow) -> tuple[Defect, ...]:
    """The problems that exist now. Loads with a heartbeat within ``stale_after`` or a live run are left alone.

    :param run_state: maps a run id to what Airflow says about the run.
    :raises RefdataError: when the dropoff tree cannot be read: a missing mount must not make files look gone.
    """
    deps.dropoff.scan()
    return tuple(_Reconciling(deps, run_state).findings())


def repair(findings: tuple[Defect, ...]) -> tuple[tuple[Defect, str], ...]:
    """Repairs what can be repaired; returns each finding with ``""``, or with the reason why it remains."""
    return tuple((finding, _repaired(finding)) for finding in findings)


def _repaired(finding: Defect) -> str:
    if finding.fix is None:
        return "a person has to decide"
    try:
        finding.fix()
    except RefdataError as error:
        return str(error)
    return ""


class _Reconciling:
    """One pass over everything."""

    def __init__(self, deps: Deps, run_state: Callable[[str], RunState]) -> None:
        self._deps = deps
        self._run_state = run_state
        self._now = deps.clock()
        self._grace = timedelta(seconds=deps.settings.stale_after)
        self._patience = timedelta(seconds=deps.settings.turn_timeout)

    def findings(self) -> Iterator[Defect]:
        """Yields rows first: what belongs to a running load is not a leftover."""
        at_work = set()
        for row, seen_at in self._deps.ledger.unfinished():
            state = self._run_state(row.dag_run_id or "")
            age = self._now - seen_at
            if age < self._grace or state is RunState.ACTIVE:
                at_work.add(row.id)
            elif row.status in IN_FLIGHT:
                yield from self._in_flight(row, state, waits_too_long=state is RunState.ENDED or age > self._patience)
            else:
                yield from self._over(row)
        yield from self._stages(at_work)
        yield from self._tables()
        yield from self._rejects(at_work)
        yield from self._copies()
        yield from self._unregistered()
        yield from self._forgotten()

    def _in_flight(self, row: Load, state: RunState, *, waits_too_long: bool) -> Iterator[Defect]:
        deps, file = self._deps, self._deps.file_of(row)
        if file is None or not deps.dropoff.is_reachable(file):
            return
        if not deps.dropoff.exists(file.path):
            gone = vanished(file.path)
            yield self._finding(
                DefectKind.VANISHED,
                row,
                "The file disappeared before it was loaded",
                "mark it cancelled",
                lambda: deps.ledger.mark_vanished(row.id, row.file_path, gone, self._now),
            )
        elif not deps.dropoff.is_there(file) and not task_key(file.path):
            return  # Another file, or this one touched: the watcher picks it up by itself.
        elif state is RunState.STOPPED:
            remedy = "cancel the load and archive the file"
            yield self._finding(
                DefectKind.STOPPED_RUN, row, _STOPPED, remedy, lambda: cancel_ended(deps, row, _STOPPED)
            )
        elif row.status is FileStatus.PROCESSING:
            yield self._finding(
                DefectKind.STALE_TURN,
                row,
                "It has its table's turn and sends no heartbeat",
                "release the turn and hand the file back to the watcher",
                lambda: self._hand_back(row, file),
            )
        elif waits_too_long and (row.status is not FileStatus.REVIEW or state is RunState.ENDED):
            yield self._finding(
                DefectKind.ABANDONED,
                row,
                "The file is waiting, but no run loads it",
                "hand the file back to the watcher",
                lambda: self._hand_back(row, file),
            )

    def _over(self, row: Load) -> Iterator[Defect]:
        deps, file = self._deps, self._deps.file_of(row)
        if file is None or not deps.dropoff.is_reachable(file):
            return
        done = f"The load is over ({row.status}), but the file is still in its folder"
        if gave_up(row):
            if deps.dropoff.is_there(file):  # otherwise it was touched, and the watcher picks it up by itself
                remedy = "hand the file back to the watcher"
                yield self._finding(DefectKind.NOT_ARCHIVED, row, done, remedy, lambda: deps.dropoff.hand_back(file))
        elif deps.dropoff.lies(file):
            yield self._finding(DefectKind.NOT_ARCHIVED, row, done, "archive it", lambda: self._archive(row, file))
        elif deps.dropoff.exists(file.path):
            return  # A newer drop has replaced it; that file's own load frees the path.
        elif place := deps.dropoff.archived(file, row.created_at, refused=row.status in REFUSED):
            what = f"The file is archived as {place}, but the ledger does not say so"
            yield self._finding(DefectKind.NOT_MARKED, row, what, "mark it archived", lambda: self._archive(row, file))
        elif row.status is FileStatus.LOADED:
            yield self._finding(
                DefectKind.FILE_MISSING,
                row,
                "The rows are loaded; the file is neither in its folder nor in the archive",
                "mark the load completed",
                lambda: self._archive(row, file),
            )
        elif row.status is FileStatus.ERROR:
            what = "The refused file is neither in its folder nor in the archive"
            yield self._finding(DefectKind.FILE_MISSING, row, what, "look for it; drop it again if it is needed")

    def _stages(self, at_work: set[int]) -> Iterator[Defect]:
        for stage in self._deps.warehouse.stages():
            if stage.load_id == PREVIEW and not is_old_preview(stage, self._now):
                continue
            owner = self._deps.ledger.get(stage.load_id)
            if stage.load_id in at_work or (owner is not None and (self._is_young(owner) or _shows(owner, stage))):
                continue
            status = owner.status.value if owner else "not in the ledger"
            yield Defect(
                DefectKind.LEFT_STAGE,
                stage.load_id,
                stage.name,
                f"A stage is left over: its load is {status}",
                "drop it",
                _dropping(self._deps, stage),
            )

    def _tables(self) -> Iterator[Defect]:
        """Earlier releases created a table before its first rows were published, and left it when that failed."""
        deps = self._deps
        with deps.warehouse.transaction(write=False) as session:
            rows = session.query(deps.warehouse.statement("select_unpublished_tables"))
        for name, load_id, in_flight in rows:
            table = deps.live(str(name))
            if in_flight or deps.warehouse.table(table) is None or self._has_rows(table):
                continue
            what = "A first load created the table and failed; it has never had a row"
            remedy = "drop it and its version table"
            yield Defect(DefectKind.LEFT_TABLE, int(load_id), str(table), what, remedy, _discarding(deps, table))

    def _has_rows(self, table: TableName) -> bool:
        with self._deps.warehouse.transaction(write=False) as session:
            return bool(session.query(publishing.has_rows(table).sql)[0][0])

    def _rejects(self, at_work: set[int]) -> Iterator[Defect]:
        for load_id, path in self._deps.dropoff.left_rejects().items():
            owner = self._deps.ledger.get(load_id)
            if load_id in at_work or (
                owner is not None and (self._is_young(owner) or self._deps.file_of(owner) is not None)
            ):
                continue
            what = f"A rejects file of load {load_id} has no archived file beside it"
            yield Defect(
                DefectKind.LEFT_REJECTS,
                load_id,
                str(path),
                what,
                "put them beside their file, or keep or delete them",
                _settling(self._deps, owner) if owner is not None else None,
            )

    def _copies(self) -> Iterator[Defect]:
        for left in self._deps.dropoff.leftovers():
            if self._now - left.changed > self._grace:
                what = "A partial copy to an archive, left by a crash"
                remedy = "delete it" if left.needless else "compare it with the archive, which has no such file"
                fix = _removing(left) if left.needless else None
                yield Defect(DefectKind.LEFT_COPY, 0, str(left.path), what, remedy, fix)

    def _forgotten(self) -> Iterator[Defect]:
        """Files whose run ended before the ledger knew them: the watcher considers them started."""
        for file in self._deps.dropoff.scan().files:
            if self._deps.ledger.by_path(file.path) is not None:
                continue
            state = self._run_state(run_id_of(file))
            if state is RunState.ENDED:
                what = "The file is waiting, its run is over, and the ledger does not know it"
                remedy = "hand the file back to the watcher"
                yield Defect(DefectKind.FORGOTTEN, 0, file.path, what, remedy, _returning(self._deps, file))
            elif state is RunState.STOPPED:
                remedy = "cancel the load and archive the file"
                yield Defect(DefectKind.STOPPED_RUN, 0, file.path, _STOPPED, remedy, _cancelling(self._deps, file))

    def _unregistered(self) -> Iterator[Defect]:
        for table, load_id in self._deps.ledger.unregistered():
            row = self._deps.ledger.get(load_id)
            if row is not None and not self._is_young(row):
                loaded = Loaded(load_id, table, 0, 0, 0, row.status)
                what = "The reference table is loaded but not in the configuration"
                yield self._finding(
                    DefectKind.NOT_REGISTERED, row, what, "register it", _registering(self._deps, loaded)
                )

    def _finding(
        self, kind: DefectKind, row: Load, what: str, remedy: str, fix: Callable[[], object] | None = None
    ) -> Defect:
        return Defect(kind, row.id, row.file_path, what, remedy, fix)

    def _hand_back(self, row: Load, file: DroppedFile) -> None:
        if task_key(file.path):  # no watcher looks there, and newer files of the table must not wait for it
            give_up(self._deps, file.path, _abandoned(row), row.dag_run_id or "")
            return
        if self._deps.dropoff.hand_back(file) is not None:
            what = f"The run {row.dag_run_id} ended without a result"
            advice = "Nothing: the watcher offers the file again."
            error = RefdataError(what, where=row.file_path, advice=advice)
            self._deps.ledger.hand_back(row, Failure.of(error, "none"))

    def _archive(self, row: Load, file: DroppedFile) -> str:
        if row.status in DONE:
            return move_to_processed(self._deps, file)
        return move_to_error(self._deps, file, failure_of(row), row.dag_run_id or "")

    def _is_young(self, row: Load) -> bool:
        return self._now - last_sign(row) < self._grace


def _shows(owner: Load, stage: Stage) -> bool:
    """Whether a reviewer can see the rows of a stage."""
    return owner.status is FileStatus.REVIEW and owner.attempt == stage.attempt


def _settling(deps: Deps, row: Load) -> Callable[[], object]:
    def settle() -> None:
        if not deps.dropoff.settle_rejects(row.id, row.file_path):
            raise DataError(
                f"Load {row.id} has no archived file, or a different rejects file beside it",
                where=row.file_path,
                advice="Compare them, then keep or delete this one.",
            )

    return settle


def _removing(left: Leftover) -> Callable[[], object]:
    return lambda: remove(left)


def _cancelling(deps: Deps, file: DroppedFile) -> Callable[[], object]:
    """As for a load that the ledger knows: it is registered late, so that the ledger shows its fate."""
    failure = Failure.of(cancellation(_STOPPED, file.path), "none")
    return lambda: move_to_error(deps, file, failure, run_id_of(file))


def _returning(deps: Deps, file: DroppedFile) -> Callable[[], object]:
    return lambda: deps.dropoff.hand_back(file)


def _dropping(deps: Deps, stage: Stage) -> Callable[[], object]:
    return lambda: deps.warehouse.drop_stage(stage)


def _discarding(deps: Deps, table: TableName) -> Callable[[], object]:
    return lambda: deps.warehouse.discard_empty(table)


def _registering(deps: Deps, loaded: Loaded) -> Callable[[], object]:
    return lambda: write_config(deps, loaded)


def _abandoned(row: Load) -> CancelledError:
    return CancelledError(
        "The task that loaded the file ended without a result",
        where=row.file_path,
        advice="Run the task again in Airflow: it loads the file then.",
    )
