"""The command line ``refdata``: ``parser`` defines the commands; ``refdata.commands`` has those about tables.

Exit codes: 0 done, 1 the work failed for a permanent reason, 2 wrong usage, 3 a transient reason: retry.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

# Outside tasks, Airflow reads connections from its database only in a process marked as a server
# process; its own commands are marked the same way (airflow/cli/commands/connection_command.py).
os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands import (
    closing,
    contracts,
    exporting,
    loading,
    operations,
    overview,
    questions,
    register,
    reporting,
    setup,
    undoing,
    validating,
)
from refdata.commands import versions as version_commands
from refdata.commands.terminal import (
    EXIT_FAILED,
    EXIT_OK,
    EXIT_TRANSIENT,
    add_command,
    between,
    console,
    log_on_stderr,
    moment,
    print_json,
    say,
    show_files,
)
from refdata.core.errors import ConfigurationError, RefdataError, TransientError, unforeseen
from refdata.core.limits import MAX_PAGE
from refdata.core.model import FileStatus
from refdata.core.schemasteps import LATEST, SchemaChange

if TYPE_CHECKING:
    from refdata.core.filemodel import Scan
    from refdata.core.matching import TableMatch
    from refdata.core.settings import Settings
    from refdata.ingest.reconcile import Defect


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    options = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        with log_on_stderr():
            return run(options)
    except RefdataError as error:
        failure = error
    except Exception as error:  # noqa: BLE001  the last resort of every command; a traceback may quote a row
        failure = unforeseen(error)
    console(stderr=True).print(
        f"[red]{failure.category}[/red]: {escape(str(failure))}", highlight=False, soft_wrap=True
    )
    return EXIT_TRANSIENT if isinstance(failure, TransientError) else EXIT_FAILED


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="refdata", description="Reference tables from dropped CSV files.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    setup.register(commands)
    made = add_command(
        commands,
        "init-db",
        init_db,
        "create refdata's own tables and the load folders, or upgrade the tables to this version",
    )
    made.add_argument("--check", action="store_true", help="change nothing; exit code 1 when an upgrade is needed")
    add_command(commands, "dags", dags, "print the file that adds refdata's DAGs to Airflow's DAGs folder")
    preview = add_command(
        commands, "detect", detect_file, "show how a file is written, and which table its columns match"
    )
    preview.add_argument("file", type=Path, help="any CSV file")
    preview.add_argument("--no-tables", action="store_true", help="do not compare with the tables in the database")
    loading.register(commands)
    files = add_command(commands, "history", history, "list files and their status, newest first")
    files.add_argument("--status", choices=[status.value for status in FileStatus], help="only files in this status.")
    files.add_argument("--search", default="", help="text to find in file and table names")
    files.add_argument("--limit", type=between(1, MAX_PAGE), default=20, help="maximum number of files, 1 to 500; 20")
    add_command(commands, "tables", tables, "list loaded tables, each with its last load")
    checked = add_command(commands, "doctor", doctor, "find leftovers of crashes that no run cleans up")
    checked.add_argument("--repair", action="store_true", help="repair every finding that has only one possible repair")
    overview.register(commands)
    operations.register(commands)
    reporting.register(commands)
    validating.register(commands)
    version_commands.register(commands)
    exporting.register(commands)
    undoing.register(commands)
    closing.register(commands)
    questions.register(commands)
    register.register(commands)
    contracts.register(commands)
    return top


def init_db(options: argparse.Namespace) -> int:
    """``refdata init-db``."""
    from refdata import wiring

    deps = wiring.connect()
    change = SchemaChange(before := deps.warehouse.schema_version(), before)
    if not options.check:
        change = deps.warehouse.initialise(thorough=True)
        if deps.dropoff.is_ready():  # never makes the root: a missing root is a missing mount
            deps.dropoff.prepare()
    facts = {"engine": deps.warehouse.engine, "database": deps.warehouse.database, "schema_before": change.before}
    say(options, {**facts, "schema": change.after, "latest": LATEST, "dropoff": deps.settings.dropoff_root})
    if not deps.dropoff.is_ready():
        raise ConfigurationError(
            "The dropoff folder is missing, so there are no load folders; the tables are up to date"
            if change.after >= LATEST
            else "The dropoff folder is missing",
            where=deps.dropoff.place,
            advice="Mount or create it and run this again, set dropoff_root to the right folder, or run"
            " `refdata init`, which creates it.",
        )
    return EXIT_OK if change.after >= LATEST else EXIT_FAILED


def dags(options: argparse.Namespace) -> int:
    """``refdata dags``: for an Airflow with the package but without this project's ``dags`` folder."""
    from refdata.dagfile import DAG_FILE

    if options.json:
        print_json({"file": DAG_FILE})
    else:
        sys.stdout.write(DAG_FILE)
    return EXIT_OK


def detect_file(options: argparse.Namespace) -> int:
    """``refdata detect``: loads nothing and only reads the database."""
    from refdata.config import load_settings
    from refdata.csvformat import report
    from refdata.preview import preview_format, scan_columns

    settings = load_settings()
    fmt = preview_format(options.file, settings)
    scanned = scan_columns(options.file, fmt)
    matches = () if options.no_tables else _matches(scanned, settings)
    if options.json:
        print_json(report.as_json(fmt, matches, scanned))
    else:
        shown = report.render(fmt, matches, scanned, title=options.file.name, least=settings.min_column_match)
        console().print(shown)
    return EXIT_OK


def _matches(scanned: Scan, settings: Settings) -> tuple[TableMatch, ...]:
    """The live tables, best match first; empty where the database cannot be read."""
    from refdata.preview import rank_scanned
    from refdata.warehouse.connect import open_warehouse

    try:
        tables = open_warehouse(settings).tables(settings.ref_schema)
    except RefdataError as error:
        console(stderr=True).print(f"[yellow]No comparison with tables[/yellow]: {escape(str(error))}", soft_wrap=True)
        return ()
    return rank_scanned(scanned, tables)


def history(options: argparse.Namespace) -> int:
    """``refdata history``."""
    from refdata.api import ReferenceData

    status = FileStatus(options.status) if options.status else None
    page = ReferenceData.connect().history(status=status, search=options.search, limit=options.limit)
    show_files(options, page.files)
    return EXIT_OK


def tables(options: argparse.Namespace) -> int:
    """``refdata tables``."""
    from refdata.api import ReferenceData

    tables = ReferenceData.connect().tables()
    if options.json:
        print_json([asdict(table) for table in tables])
        return EXIT_OK
    grid = Grid("Table", "Last load", "Its rows", "Files", "Version")
    for table in tables:
        grid.add_row(
            table.table_name,
            moment(table.last_loaded_at),
            f"{table.rows_loaded:,}",
            str(table.files),
            str(table.version_id),
        )
    console().print(grid)
    return EXIT_OK


def doctor(options: argparse.Namespace) -> int:
    """``refdata doctor``: 0 when nothing is wrong, or everything is repaired."""
    from refdata import wiring
    from refdata.ingest import reconcile

    deps = wiring.connect()
    deps.warehouse.initialise()
    defects = reconcile.find_defects(deps, wiring.run_state)
    results = reconcile.repair(defects) if options.repair else tuple((one, "not repaired") for one in defects)
    _show_findings(options, results)
    return EXIT_FAILED if any(left for _, left in results) else EXIT_OK


def _show_findings(options: argparse.Namespace, results: Sequence[tuple[Defect, str]]) -> None:
    rows = [
        {"kind": one.kind, "load_id": one.load_id, "where": one.where, "what": one.what, "remedy": one.remedy,
         "repaired": not left, "left": left}
        for one, left in results
    ]  # fmt: skip
    if options.json:
        print_json(rows)
        return
    if not rows:
        console().print("Nothing is wrong: ledger, tables and folders agree.")
        return
    grid = Grid("Kind", "Load", "Where", "What", "Remedy", "Repaired")
    for row in rows:
        repaired = "yes" if row["repaired"] else f"no: {row['left']}"
        grid.add_row(*(escape(str(row[name])) for name in ("kind", "load_id", "where", "what", "remedy")), repaired)
    console().print(grid)


if __name__ == "__main__":
    sys.exit(main())
