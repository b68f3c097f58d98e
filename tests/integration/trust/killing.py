"""Kills a scenario at a point, lets Airflow go on as it would, and compares with a scenario that was not killed."""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from refdata.api import ReferenceData
from refdata.contracts.files import folder_of
from refdata.core.errors import ConnectionLostError
from refdata.ingest import reconcile
from tests.integration.trust import syscalls
from tests.integration.trust.runs import KILLED, STEPS, Book, Disturb, align_answered, undisturbed, work
from tests.integration.trust.site import NOW, Site
from tests.integration.trust.state import State, differences, observe, outlined
from tests.integration.trust.syscalls import Change, Point, Traced

PATIENCE = 120
"""Seconds after which a process that does not end counts as hung."""
LATER = NOW + timedelta(days=2)
"""When no load has given a sign of life for long."""
FULL, APPEND = "reference_data_table/fullload", "reference_data_table/append"
LIVE = "code,name,day\n01,Graz,2024-01-31\n02,Linz,2024-02-29\n03,Wels,2024-03-31\n"
NEXT = "code,name,day\n02,Linz,2024-02-29\n04,Wien,2024-04-30\n"
MORE = "code,name,day\n05,Enns,2024-05-31\n04,Wien,2024-04-30\n"
"""Rows that an append adds without a question whether they are there already."""

Drop = tuple[str, str, str]
"""Name, content and load folder of a file."""


def _away_at(failing: str) -> Disturb:
    """Lets a step of the scenario's first run fail for a transient reason until no retry is left."""

    def disturb(step: str, runs: int) -> None:
        if step == failing and runs == 1:
            raise ConnectionLostError("The server is away", where="db", advice="Nothing.")

    return disturb


@dataclass(frozen=True, slots=True)
class Scenario:
    """Files that were loaded before, and those whose load is killed; settings that differ from the defaults.

    ``undo`` is what a person has undone after the loads. ``contracts`` are contract files: table and text. ``asks``: a
    person answers the questions of a load, each with its first answer; nobody is asked otherwise.
    """

    name: str
    drops: tuple[Drop, ...]
    before: tuple[Drop, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    disturb: Disturb = undisturbed
    undo: Callable[[ReferenceData], object] | None = None
    contracts: tuple[tuple[str, str], ...] = ()
    asks: bool = False


def _roll_back(data: ReferenceData) -> object:
    """The action of the task of ``refdata_rollback``, under its run's id."""
    return data.rollback("cities", 1, reason="wrong file", by="ada", request_id="run", expected=None)


def _take_back(data: ReferenceData) -> object:
    return data.take_back(2, reason="dropped twice", by="ada", request_id="run")


_BEFORE: tuple[Drop, ...] = (("cities.csv", LIVE, FULL),)
_RAGGED = "code,name,day\n02,Linz,2024-02-29\n04,Wien\n05,Enns,2024-05-31\n"
_CHANGED = "code,name,day\n02,Linz an der Donau,2024-02-29\n03,Wels,2024-03-31\n04,Wien,2024-04-30\n"
_KEYED = "name: cities\nschema: {primaryKey: [code]}\n"
_RENAMED = "code,title,day\n01,Graz,2024-01-31\n02,Linz,2024-02-29\n03,Wels,2024-03-31\n"
_FALLEN = "code,name,day\n01,Graz,2024-01-31\n02,Linz,soon\n03,Wels,2024-03-31\n"
_ASKING = {"on_missing_column": "hold", "on_type_change": "hold"}
_RULES = (
    (
        "cities",
        """
schema:
  primaryKey: [code]
  fields:
    - {name: code, type: string, constraints: {pattern: "[0-9]{2}"}}
    - {name: name, type: string, constraints: {maxLength: 4}}
""",
    ),
)
_BROKEN = "code,name,day\n02,Linz,2024-02-29\n4,Wien,2024-04-30\n02,Enns,2024-05-31\n05,Braunau,2024-06-30\n"
SCENARIOS = (
    Scenario("full load, new table", _BEFORE),
    Scenario("full load", (("cities.csv", NEXT, FULL),), _BEFORE),
    Scenario("full load, wider", (("cities.csv", f"code,name,day,x\n09,{'x' * 90},soon,1\n", FULL),), _BEFORE),
    Scenario("append", (("cities.csv", MORE, APPEND),), _BEFORE),
    Scenario("duplicate", (("cities_2024.csv", LIVE, FULL),), _BEFORE),
    Scenario("bad format", (("cities.csv", 'code,name,day\n02,"Linz,2024-02-29\n', FULL),), _BEFORE),
    Scenario("damaged rows refused", (("cities.csv", _RAGGED, FULL),), _BEFORE),
    Scenario("damaged rows let through", (("cities.csv", _RAGGED, FULL),), _BEFORE, {"max_rejected_rows": 1}),
    Scenario("handed back", (("cities.csv", NEXT, FULL),), _BEFORE, disturb=_away_at("load_rows")),
    Scenario("given up after the publish", (("cities.csv", NEXT, FULL),), _BEFORE, disturb=_away_at("write_config")),
    Scenario("approved at the gate", (("cities.csv", NEXT, FULL),), _BEFORE, {"gate": True}),
    Scenario("rollback", (), (*_BEFORE, ("cities.csv", NEXT, FULL)), undo=_roll_back),
    Scenario("take-back", (), (*_BEFORE, ("cities.csv", MORE, APPEND)), undo=_take_back),
    Scenario(
        "rollback with a key",
        (),
        (*_BEFORE, ("cities.csv", _CHANGED, FULL)),
        contracts=(("cities", _KEYED),),
        undo=_roll_back,
    ),
    Scenario("full load with a key", (("cities.csv", _CHANGED, FULL),), _BEFORE, contracts=(("cities", _KEYED),)),
    Scenario(
        "upsert",
        (("cities.csv", _CHANGED, APPEND),),
        _BEFORE,
        contracts=(("cities", f"{_KEYED}refdata: {{load: upsert}}\n"),),
    ),
    Scenario("answered: a renamed column", (("cities.csv", _RENAMED, FULL),), _BEFORE, _ASKING, asks=True),
    Scenario("answered: a value of another type", (("cities.csv", _FALLEN, FULL),), _BEFORE, _ASKING, asks=True),
    Scenario("nobody to ask", (("cities.csv", _RENAMED, FULL),), _BEFORE, _ASKING),
    Scenario("rules refuse", (("cities.csv", _BROKEN, FULL),), _BEFORE, contracts=_RULES),
    Scenario(
        "rules reject rows", (("cities.csv", _BROKEN, FULL),), _BEFORE, {"max_rejected_rows": 5}, contracts=_RULES
    ),
    Scenario("delta", (("cities.csv", NEXT, FULL),), _BEFORE, {"publish_method": "delta"}),
    Scenario(
        "delta kept as a delta",
        (("cities.csv", NEXT, FULL),),
        _BEFORE,
        {"publish_method": "delta", "versions": "deltas"},
    ),
    Scenario("two files of a table", (("a_2024.csv", LIVE, APPEND), ("a_2025.csv", MORE, APPEND))),
)
BULK = Scenario("full load, bulk copy", (("cities.csv", NEXT, FULL),), _BEFORE, {"load_method": "bulk"})
"""For SQL Server; the other scenarios insert there, which is quicker for a few rows."""


def across_disks(archive: str) -> tuple[Scenario, ...]:
    """Scenarios whose archives are on another filesystem, so that moving a file there means copying it."""
    roots = {"processed_root": f"{archive}/processed", "error_root": f"{archive}/error"}
    kept = {"full load", "damaged rows refused", "damaged rows let through"}
    return tuple(
        Scenario(f"{one.name}, archive on another disk", one.drops, one.before, {**one.settings, **roots})
        for one in SCENARIOS
        if one.name in kept
    )


def retry(book: Book) -> None:
    """Airflow starts the killed task again."""


def clear(book: Book) -> None:
    """Somebody clears the run: it begins with its first task."""
    if book.open_run:
        book.cleared(book.open_run)


def give_up(book: Book) -> None:
    """No retry is left: the killed step failed without a word. The error branch runs, unless it was that step."""
    run = book.open_run
    if run is None:
        return
    book.failed(run, KILLED) if run.failure is None else book.end(run)


RECOVERIES: dict[str, Callable[[Book], None]] = {"retry": retry, "clear": clear, "give up": give_up}


class Trial:
    """One scenario at one site: what it changes, how it ends unkilled, and how it ends when it is killed."""

    def __init__(self, site: Site, scenario: Scenario) -> None:
        self._site = site
        self._scenario = scenario
        self._seen = site.home.parent / "state.json"
        site.make()
        site.connect()  # here once, so that the forked processes need not find out how
        syscalls.run(self._prepare)
        site.save()
        site.restore()  # without the runs of the earlier loads, as before each kill
        self.changes: tuple[Change, ...] = tuple(self._trace(self._work).changes)
        self.expected = self._end()
        self._runs = len(Book(site.book).runs)

    @property
    def points(self) -> list[Point]:
        """After each change; a message to a server also before it is sent, since its effect has no end here."""
        before = [Point(change.number, before=True) for change in self.changes if change.is_message]
        return sorted(
            [*before, *(Point(change.number) for change in self.changes)],
            key=lambda point: (point.number, not point.before),
        )

    @property
    def settled_points(self) -> list[Point]:
        """Those of the points at which what a kill leaves can differ: see ``messages.py``."""
        settling = {change.number for change in self.changes if change.settles}
        return [point for point in self.points if point.number in settling]

    @property
    def store_points(self) -> list[Point]:
        """Those before and after a change of the bucket; at the others the embedded database changes."""
        marks = {change.number for change in self.changes if self._site.is_mark(change.what)}
        return [point for point in self.points if point.number in marks]

    def kill(self, point: Point, recover: Callable[[Book], None] = retry) -> list[str]:
        """The differences at the end from the scenario that was not killed; none if all is well.

        Where Airflow gives up, ``refdata doctor --repair`` comes later, and the end may also be that of a load that
        failed before one of its steps: only what the ledger knows of a refused file depends on the moment then.
        """
        self._site.restore()
        self._trace(self._work, at=point)
        recover(Book(self._site.book))
        try:
            found = self._end(repaired=recover is give_up)
        except RuntimeError as error:
            return [f"what came after the kill did not end well: {error}"]
        if recover is not give_up:
            return differences(found, self.expected)
        ends = [outlined(end) for end in (self.expected, *self._failures)]
        return min((differences(outlined(found), end) for end in ends), key=len)

    @functools.cached_property
    def _failures(self) -> list[State]:
        """How the scenario ends when a step of one of its runs fails before it did anything, and Airflow gives up."""
        places = [(step, run) for run in range(1, self._runs + 1) for step in STEPS]
        ends = [self._failing_at(step, run) for step, run in places]
        if self._scenario.asks:  # publishing repeats the steps before it, and may fail after any of them
            ends += [self._failing_at("publish_rows", run, aligned=True) for run in range(1, self._runs + 1)]
        return ends

    def _failing_at(self, failing: str, run: int, *, aligned: bool = False) -> State:
        def disturb(step: str, runs: int) -> None:
            self._scenario.disturb(step, runs)
            if (step, runs) == (failing, run):
                if aligned and (open_run := Book(self._site.book).open_run) is not None:
                    align_answered(self._site.connect(), open_run)
                os.kill(os.getpid(), signal.SIGKILL)

        self._site.restore()
        self._trace(lambda: self._work(disturb))
        give_up(Book(self._site.book))
        return self._end(repaired=True)

    @property
    def _roots(self) -> tuple[str, ...]:
        return (str(self._site.home), *map(str, self._site.folders.values()))

    def _trace(self, body: Callable[[], None], at: Point | None = None) -> Traced:
        """With a bucket its changes leave marks among the files; the many requests that change nothing do not count."""
        return syscalls.trace(body, roots=self._roots, at=at, messages=self._site.bucket is None)

    def _prepare(self) -> None:
        signal.alarm(PATIENCE)
        logging.disable()
        deps = self._site.connect()
        folder_of(self._site.settings).mkdir(parents=True, exist_ok=True)
        for table, text in self._scenario.contracts:
            (folder_of(self._site.settings) / f"{table}.yaml").write_text(text)
        for name, content, folder in self._scenario.before:
            self._site.drop(name, content, folder=folder)
            work(deps, Book(self._site.book))
        for number, (name, content, folder) in enumerate(self._scenario.drops, len(self._scenario.before)):
            self._site.drop(name, content, folder=folder, order=number)

    def _work(self, disturb: Disturb | None = None) -> None:
        signal.alarm(PATIENCE)
        logging.disable()
        deps = dataclasses.replace(self._site.connect(), asks=self._scenario.asks)
        work(deps, Book(self._site.book), disturb or self._scenario.disturb)
        if self._scenario.undo is not None:
            self._scenario.undo(ReferenceData(deps.settings, deps.warehouse, deps.rules, deps.clock))

    def _end(self, *, repaired: bool = False) -> State:
        """Lets Airflow go on until nothing is left to do; the state then."""

        def finish() -> None:
            self._work()
            deps = self._site.connect()
            if repaired:
                reconcile.repair(reconcile.find_defects(dataclasses.replace(deps, clock=lambda: LATER)))
                self._work()
            deps.warehouse.initialise()  # as the next load does first
            self._seen.write_text(json.dumps(observe(deps, self._site.files())))

        syscalls.run(finish)
        found: State = json.loads(self._seen.read_text())
        return found
