"""One watch run: combines the stability machine with the dropoff tree and the state store.

The poking sensor and the trigger both drive a ``Watch``; they differ only in how they wait and in how
they reach Airflow. A watch sends its requests to Airflow as ``Request`` objects from generators, so
that their order is written once for both the blocking and the awaiting caller.
"""

from __future__ import annotations

import json
import logging
import math
import sys
import time
from collections.abc import Awaitable, Callable, Container, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from refdata import serial
from refdata.core.errors import ConfigurationError, FileBusyError, PermanentError, RefdataError, TransientError
from refdata.core.model import DroppedFile
from refdata.core.runid import run_id_of
from refdata.core.settings import Settings
from refdata.core.stability import Phase, Rule, StabilityCheck, WatchState, check, remaining_ns, report, settle
from refdata.core.statecodec import StoredStateError, decode, encode, key_of, part_count
from refdata.dropoff import Malformed
from refdata.sources import given_files, source_of

log = logging.getLogger(__name__)

SECOND = 1_000_000_000
FAULTS_IN_A_ROW = 20
"""Consecutive scans that may fail because of the storage (a hanging network drive) before the watch gives up."""
_LOGGED_AT_ONCE = 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadValue:
    """Asks the store for a key's value; None when there is none."""

    key: str


@dataclass(frozen=True, slots=True)
class WriteValue:
    """Asks the store to keep a value; the answer is whether it did."""

    key: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReadRunState:
    """Asks for the state of a DAG run; None when Airflow knows no such run."""

    dag_id: str
    run_id: str


Request: TypeAlias = ReadValue | WriteValue | ReadRunState
_Dialogue: TypeAlias = Generator[Request, Any, T]


def answered(dialogue: _Dialogue[T], answer: Callable[[Request], Any]) -> T:
    """Runs a dialogue with answers that are available at once."""
    try:
        request = next(dialogue)
        while True:
            request = dialogue.send(answer(request))
    except StopIteration as stop:
        result: T = stop.value
        return result


async def answered_async(dialogue: _Dialogue[T], answer: Callable[[Request], Awaitable[Any]]) -> T:
    """Runs a dialogue with answers that must be awaited."""
    try:
        request = next(dialogue)
        while True:
            request = dialogue.send(await answer(request))
    except StopIteration as stop:
        result: T = stop.value
        return result


@dataclass(slots=True)
class FailedScans:
    """Consecutive scans that failed because of the storage."""

    count: int = 0

    def bear(self, error: TransientError) -> None:
        """Counts one more; raises it when there were too many."""
        self.count += 1
        if self.count >= FAULTS_IN_A_ROW:
            raise error
        log.warning("This check does not count: %s", error)


class Watch:
    """One watch run with its state. Not for several threads at a time.

    :param carrier: ``<dag id>/<run id>`` of the run that receives the released files.
    """

    def __init__(self, settings: Settings, carrier: str) -> None:
        self.dropoff = source_of(settings)
        self.rule = Rule.of(settings)
        self.carrier = carrier
        self.state = WatchState()
        self._root = settings.dropoff_root
        self._kept: WatchState | None = None
        self._faults = FailedScans()
        self._recovered = False

    def recall(self) -> _Dialogue[None]:
        """Restores what earlier runs knew, and finds out whether the last offers arrived."""
        self.state = yield from self._stored()
        if self.state.count(Phase.OFFERED):
            arrived = yield from self._arrived()
            self.state = settle(self.state, arrived=arrived)
        self._kept = self.state

    def keep(self) -> _Dialogue[None]:
        """Stores the current state, unless only the time of an idle check has changed."""
        waiting = self.state.count(Phase.WAITING)
        if self._kept is not None and not waiting and _timeless(self._kept) == _timeless(self.state):
            return
        values = encode(self.state)
        # The first value contains their number, so it is written last.
        for number, value in reversed(list(enumerate(values))):
            if not (yield WriteValue(self._key(number), value)):
                return  # retried after the next check
        self._kept = self.state

    def look(self, clock_ns: Callable[[], int] = time.time_ns) -> tuple[DroppedFile, ...]:
        """One check: scans the tree (it blocks), and returns the files released by it.

        A scan that fails because of the storage is logged and does not count.

        :raises ConfigurationError: when the dropoff root is missing or not a dropoff tree.
        :raises PermissionDeniedError: when it is not readable.
        :raises FileBusyError: when the storage failed many times in a row.
        """
        began = clock_ns()
        try:
            self._recover()
            scanned = self.dropoff.scan()
        except TransientError as error:
            self._faults.bear(error)
            return ()
        self._faults.count = 0
        files = {file.path: file for file in scanned.files}
        result = check(self.state, self.rule, files, began, ended_ns=clock_ns(), carrier=self.carrier)
        self.state = result.state
        self._log_result(result)
        self._log_malformed({f"{place.path}: {place.reason}": place for place in scanned.malformed})
        return tuple(files[path] for path in result.released)

    def pause(self, now_ns: int) -> float:
        """Seconds until a check counts, or until a failed storage is retried."""
        if self._faults.count:
            return self.rule.interval_ns / SECOND
        return remaining_ns(self.state, self.rule, now_ns) / SECOND

    def _stored(self) -> _Dialogue[WatchState]:
        first = yield ReadValue(self._key(0))
        if first is None:
            return WatchState()
        try:
            others = []
            for key in map(self._key, range(1, part_count(first))):
                others.append((yield ReadValue(key)))  # noqa: PERF401  extend cannot yield
            return decode([first, *others])
        except StoredStateError as error:
            log.warning("The stored watch state cannot be read (%s); all waiting files start again", error)
            return WatchState()

    def _arrived(self) -> _Dialogue[bool]:
        """Whether the run that received the last offers succeeded. This run itself, if restarted, has not yet."""
        dag_id, _, run_id = self.state.carrier.partition("/")
        if not run_id:
            return False  # parts of two checks, or of a trigger without a task
        state = yield ReadRunState(dag_id, run_id)
        if state != "success":
            log.warning("Watch run %s is %s; the files that it released are released again", run_id, state)
        return bool(state == "success")

    def _recover(self) -> None:
        if not self._recovered:
            for path in self.dropoff.recover():
                log.warning("%s was left hidden by a crash; it is watched again", path)
            self._recovered = True

    def _log_result(self, result: StabilityCheck) -> None:
        for path in result.restarted[:_LOGGED_AT_ONCE]:
            log.info("%s changed; its count starts again", path)
        if result.forgotten:
            log.info("%d files are gone from the folders", result.forgotten)
        waiting = self.state.count(Phase.WAITING)
        if waiting or result.released:
            log.info("%d files released, %d wait to be stable", len(result.released), waiting)

    def _log_malformed(self, places: Mapping[str, Malformed]) -> None:
        self.state, fresh = report(self.state, places)
        for text in fresh[:_LOGGED_AT_ONCE]:
            log.warning("Not loaded: %s", text)
        if len(fresh) > _LOGGED_AT_ONCE:
            log.warning("… and %d more places", len(fresh) - _LOGGED_AT_ONCE)
        for text in fresh:
            try:
                self.dropoff.report_malformed(places[text])
            except RefdataError as error:
                log.warning("No .error.json could be written: %s", error)
                return

    def _key(self, number: int) -> str:
        return key_of(self._root, number)


class PathWatch:
    """Waits for the files that a path, a folder or a pattern names, by the rule of the dropoff folders.

    They are complete when there is one at least, and each has rested for the rule's checks: a delivery of several files
    is returned as a whole. Not for several threads at a time.

    :param path: as ``sources.given_files`` takes it.
    """

    def __init__(self, path: str, checks: int, interval: float) -> None:
        self.path = path
        self.rule = Rule(checks, round(interval * SECOND), sys.maxsize)
        self.state = WatchState()
        self._faults = FailedScans()

    def look(self, clock_ns: Callable[[], int] = time.time_ns) -> tuple[str, ...]:
        """One check (it blocks); returns the paths of all files once they are complete, the oldest first.

        :raises ConfigurationError: when the path can never name files that may be loaded.
        :raises PermissionDeniedError: when something is not readable.
        :raises FileBusyError: when the storage failed many times in a row.
        """
        began = clock_ns()
        try:
            files = given_files(self.path)
        except TransientError as error:
            self._faults.bear(error)
            return ()
        self._faults.count = 0
        result = check(self.state, self.rule, files, began, ended_ns=clock_ns())
        self.state = result.state
        stable = self.state.count(Phase.OFFERED)
        log.info("%d of %d files are stable", stable, len(files))
        return tuple(sorted(files, key=lambda path: files[path].order)) if 0 < stable == len(files) else ()

    def pause(self, now_ns: int) -> float:
        """Seconds until a check counts, or until a failed storage is retried."""
        remaining = self.rule.interval_ns if self._faults.count else remaining_ns(self.state, self.rule, now_ns)
        return remaining / SECOND


CONF = ("path", "identity", "load_type", "is_reference_data")
"""The facts about its file that a load's run receives; the source finds the rest by path and identity."""


def grouped(
    files: Sequence[Mapping[str, Any]], groups: int, now: datetime, again: Container[str] = ()
) -> list[list[dict[str, Any]]]:
    """The files for at most ``groups`` tasks, each with its load's ``run_after``.

    Airflow starts waiting runs by ``run_after``. So the moments follow the files' order, a microsecond apart, and
    whichever task is quicker, no run takes the place of one that it would have to wait for. A file that was handed back
    comes before what was released meanwhile: when it was last changed.

    :param again: the paths of files that were handed back.

    >>> lists = grouped([{"path": name} for name in "abcde"], 2, datetime(2026, 1, 31))
    >>> [[(file["path"], file["run_after"][-2:]) for file in files] for files in lists]
    [[('a', '00'), ('b', '01'), ('c', '02')], [('d', '03'), ('e', '04')]]
    """
    timed = [
        {**file, "run_after": (moment + timedelta(microseconds=number)).isoformat(timespec="microseconds")}
        for number, file in enumerate(files)
        for moment in [_moment(file, now, again).replace(microsecond=0)]
    ]
    size = max(1, math.ceil(len(timed) / groups))
    return [timed[start : start + size] for start in range(0, len(timed), size)]


def _moment(file: Mapping[str, Any], now: datetime, again: Container[str]) -> datetime:
    if file["path"] not in again:
        return now
    return min(now, datetime.fromtimestamp(file["changed_ns"] // SECOND, UTC))


def load_runs(files: Iterable[Mapping[str, Any]] | Mapping[str, Any]) -> dict[str, Any]:
    """What ``StartLoadOperator`` needs to start the loads of released files.

    A worker of an earlier release returned a list of files and not of groups: then this gets a single file.
    """
    group = [files] if isinstance(files, Mapping) else files
    return {"runs": [_load_run(file) for file in group]}


def _load_run(file: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "trigger_run_id": run_id_of(serial.from_json(DroppedFile, file)),
        "conf": {name: file[name] for name in CONF},
        "run_after": file.get("run_after") or datetime.now(UTC).isoformat(),
    }


def released_event(files: tuple[DroppedFile, ...]) -> dict[str, Any]:
    """The trigger's event when files are released, or when none was for ``idle_timeout``."""
    return {"status": "released", "files": [serial.to_json(file) for file in files]}


def paths_event(paths: tuple[str, ...]) -> dict[str, Any]:
    """The event when the files of a ``PathWatch`` are complete."""
    return {"status": "released", "files": list(paths)}


def failure_event(error: RefdataError) -> dict[str, Any]:
    """The trigger's event when the watch cannot continue, with the complete reason."""
    return {"status": "failed", "category": error.category, "what": error.what, "where": error.where,
            "advice": error.advice}  # fmt: skip


def files_of(event: object) -> list[Any]:
    """The released files of a trigger's event, or the paths of a ``PathWatch``.

    :raises RefdataError: the error that a failure event reports, with its own class.
    """
    if isinstance(event, dict) and event.get("status") == "released":
        files: list[Any] = event["files"]
        return files
    if not isinstance(event, dict) or event.get("status") != "failed":
        raise ConfigurationError(f"The trigger sent an unknown event: {json.dumps(event, default=str)}")
    kinds = {kind.category: kind for base in (PermanentError, TransientError) for kind in base.__subclasses__()}
    kind = kinds.get(event["category"], FileBusyError)
    raise kind(event["what"], where=event["where"], advice=event["advice"])


def _timeless(state: WatchState) -> WatchState:
    return replace(state, checked_ns=None)
