"""``refdata detect``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from refdata.commands.terminal import EXIT_OK, Subcommands, add_command, console, print_json
from refdata.core.errors import RefdataError

if TYPE_CHECKING:
    from refdata.core.filemodel import Scan
    from refdata.core.matching import TableMatch
    from refdata.core.settings import Settings


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    preview = add_command(commands, "detect", detect_file, light=True)
    preview.add_argument("file", type=Path, help="any CSV file")
    preview.add_argument("--no-tables", action="store_true", help="do not compare with the tables in the database")


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
