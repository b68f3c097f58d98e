"""The demo: Airflow standalone, six sample files, a live view of them, and a table of the outcome."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from refdata.core.addresses import is_address
from refdata.core.errors import RefdataError
from refdata.core.settings import Settings
from scripts import demo_gate
from scripts.demo_site import DemoSite, callers, settings_of, variables
from scripts.demo_source import bucket_environment, short
from scripts.local_airflow import PROJECT, LocalAirflow, LocalAirflowError, free_port

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
    """The ledger's facts about a file."""

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
    chosen = variables(os.environ, gate=options.gate)
    bucket_port = free_port() if options.source == "s3" else None
    chosen |= bucket_environment(bucket_port) if bucket_port else {}
    airflow = LocalAirflow(PROJECT / ".demo", options.port, chosen)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        site = DemoSite(airflow, settings_of(chosen), tuple(callers(os.environ)), bucket_port)
        return _run(site, console, began, once=options.once)
    except (LocalAirflowError, RefdataError) as error:
        console.print(f"[red]The demo cannot continue.[/red] {escape(str(error))}", soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        console.print("Stopping Airflow ...")
        return 130
    finally:
        airflow.stop()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="exit after the last file instead of keeping Airflow up")
    parser.add_argument("--gate", action="store_true", help="then drop a file that has to be approved first")
    parser.add_argument("--source", choices=("folder", "s3"), default="folder", help="s3: a bucket instead of folders")
    parser.add_argument("--port", type=int, default=int(os.environ.get("REFDATA_DEMO_PORT", "8080")))
    parser.add_argument("--elapsed", type=float, default=0.0, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature is Python's
    raise KeyboardInterrupt


def _run(site: DemoSite, console: Console, began: float, *, once: bool) -> int:
    airflow, settings = site.airflow, site.settings
    if airflow.home.exists():
        _clean(airflow)
    console.print(f"Starting Airflow on {airflow.url} (own home in {airflow.home.relative_to(PROJECT)}) ...")
    if site.own:
        console.print(f"Settings from your environment: {', '.join(site.own)}", soft_wrap=True, highlight=False)
    airflow.prepare()
    site.source.start()
    airflow.start(["standalone"])
    with console.status("Waiting for scheduler, triggerer and DAG processor ..."):
        airflow.wait_healthy()
    _drop(site)
    console.print(
        f"Airflow is up after {time.monotonic() - began:.0f} s. Dropped {len(EXPECTED)} files. The demo checks"
        f" stability every {settings.stability_interval:g} s ({Settings().stability_interval:g} s by default);"
        f" {settings.stability_checks} unchanged checks release a file."
    )
    fates = _watch(site, console)
    _report(site, console, fates, time.monotonic() - began)
    right = bool(site.own) or all(_as_expected(sample, fates[sample.file]) for sample in EXPECTED)
    if settings.gate:
        right = demo_gate.play(site, console, answers=once) and right
    where_to_look(site, console, running=not once)
    if not once:
        console.print("\nAirflow keeps running; drop files of your own. Ctrl-C stops it.")
        while True:
            airflow.require_running()
            time.sleep(1)
    return 0 if right else 1


def _clean(airflow: LocalAirflow) -> None:
    """A second run starts from nothing; only what an earlier demo wrote is removed."""
    for folder in ("airflow", "dropoff", "warehouse", "logs"):
        shutil.rmtree(airflow.home / folder, ignore_errors=True)


def _drop(site: DemoSite) -> None:
    for sample in EXPECTED:
        site.source.put(f"{sample.folder}/{sample.file}", (SAMPLES / sample.file).read_bytes())


def _watch(site: DemoSite, console: Console) -> dict[str, Fate]:
    fates = _fates(site)
    with Live(_progress(fates), console=console, refresh_per_second=2, transient=True) as live:

        def look() -> bool:
            nonlocal fates
            fates = _fates(site)
            live.update(_progress(fates))
            return all(_ended(fates[sample.file]) for sample in EXPECTED)

        stable = site.settings.stability_checks * site.settings.stability_interval
        site.airflow.wait_for(look, 240 + stable, "Not every file came to its end")
    return fates


def _fates(site: DemoSite) -> dict[str, Fate]:
    found = {sample.file: Fate() for sample in EXPECTED}
    sql = """SELECT file_name, status, table_name, rows_loaded, error_message, file_path,
                    (julianday(COALESCE(processed_at, heartbeat_at)) - julianday(created_at)) * 86400
             FROM {ledger} ORDER BY id"""
    for name, status, table, rows, error, path, seconds in site.query(sql):
        found[name] = Fate(status, table, rows, seconds, error or "", path)
    return found


def _ended(fate: Fate) -> bool:
    return fate.status in ENDS and (Path(fate.path).is_absolute() or is_address(fate.path))


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


def _report(site: DemoSite, console: Console, fates: dict[str, Fate], seconds: float) -> None:
    table = Table(title=f"What became of the files, {seconds:.0f} s after the start")
    for heading in ("File", "Shows", "Status", "Table", "Rows", "Seconds", "As expected"):
        table.add_column(
            heading, justify="right" if heading in ("Rows", "Seconds") else "left", no_wrap=heading == "File"
        )
    for sample in EXPECTED:
        fate = fates[sample.file]
        took = f"{fate.seconds:.1f}" if fate.seconds is not None else ""
        rows = str(fate.rows or "")
        table.add_row(sample.file, sample.shows, _coloured(fate.status), fate.table, rows, took,
                      _verdict(sample, fate, site))  # fmt: skip
    console.print(table)
    for sample in EXPECTED:
        if fates[sample.file].error:
            text = f"[red]{sample.file}[/red]: {escape(fates[sample.file].error)}"
            console.print(text, highlight=False, soft_wrap=True)


def _verdict(sample: Sample, fate: Fate, site: DemoSite) -> str:
    if _as_expected(sample, fate):
        return "[green]yes[/green]"
    wanted = f"{sample.status} with the default settings" if site.own else sample.status
    return f"[{'yellow' if site.own else 'red'}]no, {wanted}[/]"


def where_to_look(site: DemoSite, console: Console, *, running: bool) -> None:
    """One place a line, outside any box: each can be copied whole, however narrow the terminal is."""
    airflow = site.airflow
    drop, loaded, refused = site.source.where(f"{EXPECTED[0].folder}/{EXPECTED[0].file}").items()
    pages = {
        "Page of refdata": f"{airflow.url}/plugin/refdata/refdata/",
        "Airflow": airflow.url,
        "User and password for both": f"admin {airflow.password}",
        **dict((drop,)),
    }
    places = {
        **(pages if running else {}),
        **(dict((loaded, refused)) if running or site.bucket_port is None else {}),
        "Logs": short(airflow.home / "logs"),
        "Rows of a loaded table": _reading_command(site),
    }
    console.print("\n[bold]Where to look[/bold]")
    for name, place in places.items():
        console.print(f"  {name}:", highlight=False)
        console.print(f"    {escape(place)}", highlight=False, soft_wrap=True)
    if not running:
        bucket = " and the bucket" if site.bucket_port else ""
        console.print(f"Airflow{bucket} stops now. Without --once it keeps running, with the page of refdata in it.")


def _reading_command(site: DemoSite) -> str:
    """A line for the shell; on a machine without the ``sqlite3`` program, one for the demo's own Python."""
    database = shlex.quote(short(site.airflow.ref_database))
    sql = "SELECT * FROM countries LIMIT 5"
    if shutil.which("sqlite3"):
        return f'sqlite3 {database} "{sql}"'
    python = shlex.quote(short(Path(sys.executable)))
    code = f"import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('{sql}'), sep='\\n')"
    return f'{python} -c "{code}" {database}'


if __name__ == "__main__":
    sys.exit(main())
