"""``refdata versions``, ``refdata diff`` and ``refdata held``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.terminal import EXIT_OK, Subcommands, add_command, console, figures, moment, print_json

if TYPE_CHECKING:
    from refdata.core.tablediff import TableDiff
    from refdata.core.versions import Version

SHOWN = 10
"""Rows of each kind that a terminal shows; JSON has the whole sample."""
MAX_CELL = 40


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    command = add_command(commands, "versions", versions)
    command.add_argument("table", help="name of the table, without its schema")
    compared = add_command(commands, "diff", diff)
    compared.add_argument("table", help="name of the table, without its schema")
    compared.add_argument("before", type=int, help="number of the earlier version")
    compared.add_argument("after", type=int, nargs="?", help="number of the later version; default: the live one")
    compared.add_argument("--key", action="append", default=[], help="a key column; may be given several times")
    held = add_command(commands, "held", held_diff)
    held.add_argument("load", type=int, help="number of the load (see `refdata history --status review`)")


def versions(options: argparse.Namespace) -> int:
    """``refdata versions``."""
    from refdata.api import ReferenceData

    listed = ReferenceData.connect().versions(options.table)
    if options.json:
        print_json([asdict(version) for version in listed])
        return EXIT_OK
    grid = Grid(*figures("Version"), "Kind", *figures("Rows"), "Published (UTC)", "From", "By", "Reason", "State")
    for version in listed:
        rows = "" if version.rows is None else f"{version.rows:,}"
        texts = (version.file_name, _people(version), version.reason or "")
        when = moment(version.published_at)
        grid.add_row(
            str(version.version), version.kind or "before refdata", rows, when, *map(escape, texts), _state(version)
        )
    console().print(grid)
    return EXIT_OK


def _people(version: Version) -> str:
    """Who uploaded the file, and who approved, rolled back or took back."""
    uploaded = f"uploaded by {version.uploaded_by}" if version.uploaded_by else ""
    return ", ".join(filter(None, (uploaded, version.actor)))


def _state(version: Version) -> str:
    if version.is_live:
        return "live"
    return "kept" if version.is_kept else "deleted by retention"


def diff(options: argparse.Namespace) -> int:
    """``refdata diff``."""
    from refdata.api import ReferenceData

    delta = ReferenceData.connect().diff(options.table, options.before, options.after, keys=options.key)
    return _print(options, delta)


def held_diff(options: argparse.Namespace) -> int:
    """``refdata held``."""
    from refdata.api import ReferenceData

    return _print(options, ReferenceData.connect().held_diff(options.load))


def _print(options: argparse.Namespace, delta: TableDiff) -> int:
    if options.json:
        print_json({**asdict(delta), "unchanged": delta.unchanged})
    else:
        show_diff(delta)
    return EXIT_OK


def show_diff(delta: TableDiff) -> None:
    """A diff as tables."""
    out = console()
    out.print(f"{delta.table}: {delta.before} ({delta.rows_before:,} rows) → {delta.after} ({delta.rows_after:,} rows)")
    counts = (
        f"{delta.added:,} added, {delta.removed:,} removed, {delta.changed:,} changed, {delta.unchanged:,} unchanged"
    )
    out.print(f"{counts}; " + (f"by {', '.join(delta.keys)}" if delta.keys else escape(delta.note)), highlight=False)
    for name, columns in (("added", delta.columns_added), ("removed", delta.columns_removed)):
        if columns:
            out.print(f"Columns {name}: {escape(', '.join(columns))}", highlight=False)
    if delta.column_changes:
        changes = ", ".join(f"{name} {count:,}" for name, count in delta.column_changes.items())
        out.print(f"Changed values: {escape(changes)}", highlight=False)
    _show_changed(delta)
    _show_rows("Added", delta.columns, delta.added_sample, delta.added)
    _show_rows("Removed", delta.columns, delta.removed_sample, delta.removed)


def _show_changed(delta: TableDiff) -> None:
    if not delta.changed_sample:
        return
    grid = Grid(*map(escape, delta.keys), "Column", "Before", "After", title=_title("Changed", delta.changed))
    for row in delta.changed_sample[:SHOWN]:
        for cell in row.cells:
            grid.add_row(*map(_cell, row.key), escape(cell.column), _cell(cell.before), _cell(cell.after))
    console().print(grid)


def _show_rows(what: str, columns: Sequence[str], rows: Sequence[Sequence[object]], total: int) -> None:
    if not rows:
        return
    grid = Grid(*map(escape, columns), title=_title(what, total))
    for row in rows[:SHOWN]:
        grid.add_row(*map(_cell, row))
    console().print(grid)


def _title(what: str, total: int) -> str:
    return what if total <= SHOWN else f"{what}: {SHOWN} of {total:,}"


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return escape(text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…")
