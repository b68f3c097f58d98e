"""``refdata history`` and ``refdata tables``."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rich.table import Table as Grid

from refdata.commands.terminal import (
    EXIT_OK,
    Subcommands,
    add_command,
    between,
    console,
    moment,
    print_json,
    show_files,
)
from refdata.core.limits import MAX_PAGE
from refdata.core.model import FileStatus


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    files = add_command(commands, "history", history, light=True)
    files.add_argument("--status", choices=[status.value for status in FileStatus], help="only files in this status.")
    files.add_argument("--search", default="", help="text to find in file and table names")
    files.add_argument("--limit", type=between(1, MAX_PAGE), default=20, help="maximum number of files, 1 to 500; 20")
    add_command(commands, "tables", tables, light=True)


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
