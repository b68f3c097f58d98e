"""The demo: Airflow standalone, six sample files, a live view of them, and a table of the outcome."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from types import FrameType

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from scripts.local_airflow import PROJECT, LocalAirflow, LocalAirflowError

STABILITY_INTERVAL = 1.0
"""Seconds between checks here, 15 in production: six checks take six seconds instead of ninety."""

SAMPLES = PROJECT / "include" / "samples"
ENDS = ("completed", "error", "duplicate", "cancelled")
COLOURS = {"completed": "green", "error": "red", "duplicate": "yellow", "waiting": "dim"}


@dataclass(frozen=True)
class Sample:
    """A file of ``include/samples``, the folder it is dropped into, and the outcome that is right for it."""

    file: str
    folder: str
    status: str
    rows: int
    shows: str


EXPECTED = (
    Sample("countries.csv", "reference_data_table/fullload", "completed", 249, "comma; NA (Namibia) stays text"),
    Sample("currencies_20241201.csv", "reference_data_table/fullload", "completed", 27, "semicolon, Windows-1252, 036"),
    Sample("time_zones.csv", "none_reference_data_table/fullload", "completed", 312, "tab, decimals"),
    Sample("exchange_rates_2024-11.csv", "reference_data_table/append", "completed", 120, "pipe, dates and times"),
    Sample("meter_readings_20241201.csv", "none_reference_data_table/append", "completed", 400, "quoted line breaks"),
    Sample("cost_centres.csv", "reference_data_table/fullload", "error", 0, "two damaged rows: refused"),
)


@dataclass(frozen=True)
class Fate:
    """What the ledger says about a file."""

    status: str = "waiting"
    table: str = ""
    rows: int | None = None
    seconds: float | None = None
    error: str = ""
    path: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demo; 0 when every outcome is as expected."""
    options = _options(arguments)
    console = Console(width=max(Console().width, 110) if not sys.stdout.isatty() else None)
    began = time.monotonic() - options.elapsed
    airflow = LocalAirflow(
        PROJECT / ".demo",
        options.port,
        {
            "AIRFLOW__REFDATA__STABILITY_INTERVAL": str(STABILITY_INTERVAL),
            "AIRFLOW__REFDATA__TURN_POLL_INTERVAL": "2",
        },
    )
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(airflow, console, began, once=options.once)
    except LocalAirflowError as error:
        console.print(f"[red]The demo cannot go on.[/red] {escape(str(error))}")
        return 2
    except KeyboardInterrupt:
        console.print("Stopping Airflow ...")
        return 130
    finally:
        airflow.stop()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="exit after the last file instead of keeping Airflow up")
    parser.add_argument("--port", type=int, default=int(os.environ.get("REFDATA_DEMO_PORT", "8080")))
    parser.add_argument("--elapsed", type=float, default=0.0, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature is Python's
    raise KeyboardInterrupt


def _run(airflow: LocalAirflow, console: Console, began: float, *, once: bool) -> int:
    if airflow.home.exists():
        _clean(airflow)
    console.print(f"Starting Airflow on {airflow.url} (own home in {airflow.home.relative_to(PROJECT)}) ...")
    airflow.prepare()
    airflow.start(["standalone"])
    with console.status("Waiting for scheduler, triggerer and DAG processor ..."):
        airflow.wait_healthy()
    _drop(airflow)
    console.print(
        f"Airflow is up after {time.monotonic() - began:.0f} s. Dropped {len(EXPECTED)} files. The demo checks"
        f" stability every {STABILITY_INTERVAL:g} s instead of every 15 s; six unchanged checks release a file."
    )
    fates = _watch(airflow, console)
    _report(airflow, console, fates, time.monotonic() - began)
    right = all(_as_expected(sample, fates[sample.file]) for sample in EXPECTED)
    if not once:
        console.print("Airflow keeps running; drop files of your own. Ctrl-C stops it.")
        while True:
            airflow.require_running()
            time.sleep(1)
    return 0 if right else 1


def _clean(airflow: LocalAirflow) -> None:
    """A second run starts anew; only what an earlier demo wrote is removed."""
    for folder in ("airflow", "dropoff", "warehouse", "logs"):
        shutil.rmtree(airflow.home / folder, ignore_errors=True)


def _drop(airflow: LocalAirflow) -> None:
    for sample in EXPECTED:
        folder = airflow.dropoff / sample.folder
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLES / sample.file, folder)


def _watch(airflow: LocalAirflow, console: Console) -> dict[str, Fate]:
    fates = _fates(airflow)
    with Live(_progress(fates), console=console, refresh_per_second=2, transient=True) as live:

        def look() -> bool:
            nonlocal fates
            fates = _fates(airflow)
            live.update(_progress(fates))
            return all(_ended(airflow, fates[sample.file]) for sample in EXPECTED)

        airflow.wait_for(look, 240, "Not every file came to its end")
    return fates


def _fates(airflow: LocalAirflow) -> dict[str, Fate]:
    found = {sample.file: Fate() for sample in EXPECTED}
    sql = """SELECT file_name, status, table_name, rows_loaded, error_message, file_path,
                    (julianday(COALESCE(processed_at, heartbeat_at)) - julianday(created_at)) * 86400
             FROM File_Monitor_Tracking ORDER BY id"""
    try:
        with closing(sqlite3.connect(f"file:{airflow.ref_database}?mode=ro", uri=True, timeout=5)) as connection:
            for name, status, table, rows, error, path, seconds in connection.execute(sql):
                found[name] = Fate(status, table, rows, seconds, error or "", path)
    except sqlite3.OperationalError:
        return found  # not made yet: the first load makes it
    return found


def _ended(airflow: LocalAirflow, fate: Fate) -> bool:
    return fate.status in ENDS and not fate.path.startswith(("reference", "none")) and airflow.home.exists()


def _as_expected(sample: Sample, fate: Fate) -> bool:
    return fate.status == sample.status and (fate.rows or 0) == sample.rows


def _progress(fates: dict[str, Fate]) -> Table:
    table = Table(title="Files on their way")
    for heading in ("File", "Folder", "Status", "Table"):
        table.add_column(heading)
    for sample in EXPECTED:
        fate = fates[sample.file]
        table.add_row(sample.file, sample.folder, _coloured(fate.status), fate.table)
    return table


def _coloured(status: str) -> str:
    colour = COLOURS.get(status, "cyan")
    return f"[{colour}]{status}[/{colour}]"


def _report(airflow: LocalAirflow, console: Console, fates: dict[str, Fate], seconds: float) -> None:
    table = Table(title=f"What became of the files, {seconds:.0f} s after the start")
    for heading in ("File", "Shows", "Status", "Table", "Rows", "Seconds", "As expected"):
        table.add_column(heading, justify="right" if heading in ("Rows", "Seconds") else "left")
    for sample in EXPECTED:
        fate = fates[sample.file]
        right = "[green]yes[/green]" if _as_expected(sample, fate) else f"[red]no, {sample.status}[/red]"
        took = f"{fate.seconds:.1f}" if fate.seconds is not None else ""
        table.add_row(sample.file, sample.shows, _coloured(fate.status), fate.table, str(fate.rows or ""), took, right)
    console.print(table)
    for sample in EXPECTED:
        if fates[sample.file].error:
            console.print(f"[red]{sample.file}[/red]: {escape(fates[sample.file].error)}", highlight=False)
    _where_to_look(airflow, console)


def _where_to_look(airflow: LocalAirflow, console: Console) -> None:
    places = Table(title="Where to look", show_header=False)
    places.add_row("Airflow", f"{airflow.url}  (user admin, password {airflow.password})")
    places.add_row("Page of refdata", f"{airflow.url}/plugin/refdata/refdata/")
    places.add_row("Loaded tables", f'sqlite3 {airflow.ref_database} "SELECT * FROM countries LIMIT 5"')
    places.add_row("Drop files here", str(airflow.dropoff))
    places.add_row("Refused files, with reasons", str(airflow.dropoff / "error"))
    places.add_row("Logs", str(airflow.home / "logs"))
    console.print(places)


if __name__ == "__main__":
    sys.exit(main())
