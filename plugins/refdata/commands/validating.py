"""``refdata validate``: runs a small file through every step into its own table, then removes everything."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.terminal import Subcommands, add_command, console, exit_code, print_json
from refdata.core.errors import ConfigurationError, DataError, FileChangedError, RefdataError, TransientError
from refdata.core.failure import failure_of
from refdata.core.loadstates import UNSETTLED
from refdata.core.model import FileStatus, Load
from refdata.core.runid import CLI_RUN

if TYPE_CHECKING:
    from refdata.ingest.context import Deps

CANARY = "canary_of_refdata_"
FOLDER = "none_reference_data_table/fullload"
_LOOK_INTERVAL = 1.0
"""Most seconds between two checks of the canary's state in Airflow."""
CONTENT = "code,amount,day,note\n01,1.50,2024-12-01,é\n02,2.75,2024-12-02,\n"


@dataclass(frozen=True, slots=True)
class _StepResult:
    """The result of one step; ``error`` is empty where it works."""

    step: str
    error: str = ""
    transient: bool = False


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    made = add_command(commands, "validate", validate)
    made.add_argument(
        "--airflow", action="store_true", help="let refdata_watch and refdata_load do the load, and wait for it"
    )


def validate(options: argparse.Namespace) -> int:
    """``refdata validate``: 0 when every step works, 3 when the failure may pass by itself, else 1."""
    outcomes = run_canary(f"{CANARY}{secrets.token_hex(4)}", by_airflow=options.airflow)
    if options.json:
        print_json([{"step": one.step, "works": not one.error, "error": one.error} for one in outcomes])
    else:
        grid = Grid("Step", "Works", "Error")
        for one in outcomes:
            grid.add_row(one.step, "[red]no[/]" if one.error else "[green]yes[/]", escape(one.error))
        console().print(grid)
    return exit_code(one.transient for one in outcomes if one.error)


def run_canary(table: str, *, by_airflow: bool = False) -> list[_StepResult]:
    """Runs every step until one fails, and removes the canary in any case.

    :param by_airflow: a running Airflow loads it; else this process does.
    """
    from refdata import wiring

    outcomes: list[_StepResult] = []
    deps: Deps | None = None

    def tried(step: str, work: Callable[[], object]) -> bool:
        try:
            work()
        except (RefdataError, OSError) as error:
            outcomes.append(_StepResult(step, str(error), isinstance(error, TransientError)))
            return False
        outcomes.append(_StepResult(step))
        return True

    def connect() -> None:
        nonlocal deps
        deps = wiring.connect()
        deps.warehouse.initialise()

    if not tried("connect", connect) or deps is None:
        return outcomes
    canary = _Canary(deps, table)
    load = canary.wait if by_airflow else canary.load
    steps = (("drop", canary.drop), ("load", load), ("read", canary.read), ("archive", canary.archived))
    all(tried(step, work) for step, work in steps)
    tried("remove", canary.remove)
    return outcomes


class _Canary:
    """One file, its table and its traces."""

    def __init__(self, deps: Deps, table: str) -> None:
        self._deps = deps
        self._table = table
        self._path = f"{FOLDER}/{table}.csv"
        self._archive = ""

    def drop(self) -> None:
        self._deps.dropoff.put_own(self._path, CONTENT.encode())

    def load(self) -> None:
        from refdata.ingest.process import process

        file = self._deps.dropoff.find(self._path)
        self._archive = process(self._deps, file, f"{CLI_RUN}{self._table}").file_path

    def wait(self) -> None:
        """Waits until a run of ``refdata_load`` has ended, or as long as a file may stay unseen."""
        settings = self._deps.settings
        patience = settings.stability_checks * settings.stability_interval + settings.alert_unseen
        end = time.monotonic() + patience
        while (row := self._row()) is None or row.status in UNSETTLED:
            if time.monotonic() > end:
                raise _not_loaded(row, patience)
            time.sleep(min(_LOOK_INTERVAL, settings.stability_interval))
        if row.status is not FileStatus.COMPLETED:
            failure = failure_of(row)
            what = failure.reason if failure.what else f"The canary ended as {row.status}"
            raise DataError(what, where=f"run {row.dag_run_id}", advice=failure.advice)
        self._archive = row.file_path

    def _row(self) -> Load | None:
        """The canary's row: no other file has its name."""
        return next(iter(self._deps.ledger.page(search=self._table).files), None)

    def read(self) -> None:
        from refdata.core.model import TableName
        from refdata.core.publishing import qualified

        name = qualified(TableName(self._deps.settings.ref_schema, self._table))
        with self._deps.warehouse.transaction(write=False) as session:
            rows = session.query(f"SELECT code FROM {name} ORDER BY code")  # noqa: S608  a quoted name of our own
        if [row[0] for row in rows] != ["01", "02"]:
            raise DataError(f"The canary's rows came back as {rows}", where=name, advice="Report this as a bug.")

    def archived(self) -> None:
        try:
            with self._deps.dropoff.open_archived(self._archive):
                pass
        except FileChangedError:
            raise DataError(
                "The canary's file is not in the archive",
                where=self._archive,
                advice="Make sure that the archive folder is the same on all machines.",
            ) from None

    def remove(self) -> None:
        from refdata.core.model import TableName
        from refdata.core.naming import backup_name
        from refdata.core.publishing import qualified

        deps, settings = self._deps, self._deps.settings
        names = (TableName(settings.ref_schema, self._table), TableName(settings.bkp_schema, backup_name(self._table)))
        there = [name for name in names if deps.warehouse.table(name) is not None]
        row = self._row()
        if row is not None and row.status in UNSETTLED and not (row.dag_run_id or "").startswith(CLI_RUN):
            raise DataError(f"Run {row.dag_run_id} is still loading the canary, which stays", where=str(names[0]),
                            advice="Mark the run failed in Airflow, then drop the table.")  # fmt: skip
        with deps.warehouse.transaction() as session:
            for name in there:
                session.execute(f"DROP TABLE {qualified(name)}")
            if row is not None:
                session.execute(deps.warehouse.statement("delete_canary"), (row.id, f"{CANARY}%"))
        deps.dropoff.remove_own(self._path)


def _not_loaded(row: Load | None, seconds: float) -> ConfigurationError:
    if row is None:
        what = f"Nothing picked up the canary within {seconds:.0f} s"
        advice = "Check that `refdata_watch` is not paused; check the rest with `refdata health`"
        return ConfigurationError(what, where=FOLDER, advice=advice)
    what = f"The canary is {row.status} after {seconds:.0f} s"
    advice = "Check that `refdata_load` is not paused and workers are running; the run shows which step waits"
    return ConfigurationError(what, where=f"run {row.dag_run_id}", advice=advice)
