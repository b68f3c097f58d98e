"""``refdata status`` and ``refdata errors``: what is going on, and what went wrong."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.terminal import EXIT_OK, Subcommands, add_command, between, console, figures, moment, print_json
from refdata.core.limits import MAX_DAYS, MAX_PAGE

if TYPE_CHECKING:
    from refdata.api import ReferenceData
    from refdata.core.model import FileStatus, Load

LAST_ERRORS = LAST_WARNED = 5
LOOKED_AT = 100
"""Newest loads among which those with warnings are looked for."""


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    now = add_command(commands, "status", status)
    now.add_argument("--limit", type=between(1, MAX_PAGE), default=20, help="files of each kind, 1 to 500")
    failed = add_command(commands, "errors", errors)
    failed.add_argument("--days", type=between(1, MAX_DAYS), default=30, help="days to look back with today, 1 to 366")


def status(options: argparse.Namespace) -> int:
    """``refdata status``."""
    from refdata.api import ReferenceData
    from refdata.core.errors import HeldError
    from refdata.core.model import FileStatus

    data = ReferenceData.connect()
    counts = {one.value: number for one, number in data.counts().items()}
    working = _files(data, FileStatus.PROCESSING, options.limit)
    pending = _files(data, FileStatus.PENDING, options.limit)
    asked = [row for row in pending if row.error_category == HeldError.category]
    waiting = [row for row in pending if row not in asked]
    held = _files(data, FileStatus.REVIEW, options.limit)
    failed = _files(data, FileStatus.ERROR, min(options.limit, LAST_ERRORS))
    loaded = _files(data, FileStatus.COMPLETED, LOOKED_AT)
    warned = [row for row in loaded if row.warnings][:LAST_WARNED]
    if options.json:
        groups = {"at_work": working, "waiting": waiting, "handed_back": asked, "held": held, "last_errors": failed,
                  "last_warned": warned}  # fmt: skip
        print_json({"counts": counts, **{name: [_shown(row) for row in rows] for name, rows in groups.items()}})
        return EXIT_OK
    console().print("Files: " + (", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "none"))
    _show("Running", working, ("Progress", _progress), ("Since (UTC)", lambda row: moment(row.started_at)))
    _show("Waiting for their turn", waiting, ("Seen (UTC)", lambda row: moment(row.created_at)))
    _show("Back in their folder with a question", asked, ("Question", lambda row: row.error_message or ""))
    asking = {one.load_id: one.question.subject for one in data.questions.waiting()} if held else {}
    _show("Held for an answer", held, ("Question", lambda row: asking.get(row.id, "")),
          ("Look", lambda row: f"refdata held {row.id}"))  # fmt: skip
    _show("Last errors", failed, ("Category", lambda row: row.error_category or ""),
          ("What", lambda row: row.error_message or ""))  # fmt: skip
    _show("Loaded with warnings", warned, ("Warnings", lambda row: "\n".join(row.warnings)))
    return EXIT_OK


def _files(data: ReferenceData, wanted: FileStatus, limit: int) -> tuple[Load, ...]:
    return data.history(status=wanted, limit=limit).files


def _shown(row: Load) -> dict[str, object]:
    names = ("id", "file_name", "table_name", "created_at", "started_at", "rows_staged", "rows_read", "error_category",
             "error_message", "warnings", "dag_run_id")  # fmt: skip
    return {name: getattr(row, name) for name in names}


def _progress(row: Load) -> str:
    done, total = row.rows_staged or 0, row.rows_read
    return f"{done:,} of {total:,} rows ({100 * done // total} %)" if total else f"{done:,} rows"


def _show(title: str, rows: Sequence[Load], *more: tuple[str, Callable[[Load], str]]) -> None:
    if not rows:
        return
    grid = Grid(*figures("Load"), "File", "Table", *(name for name, _ in more), title=title, title_justify="left")
    for row in rows:
        grid.add_row(str(row.id), escape(row.file_name), row.table_name, *(escape(show(row)) for _, show in more))
    console().print(grid)


def errors(options: argparse.Namespace) -> int:
    """``refdata errors``: the categories of the last days, the most frequent first."""
    from refdata.api import ReferenceData
    from refdata.core.errorguide import RUNBOOK, guide_to

    data = ReferenceData.connect()
    held = [
        {
            "category": one.category,
            "files": one.files,
            "newest_load_id": one.newest_load_id,
            "newest_file": row.file_name if (row := data.file(one.newest_load_id)) else "",
            **asdict(guide_to(one.category)),
            "runbook": RUNBOOK,
        }
        for one in data.statistics(options.days).errors
    ]
    if options.json:
        print_json(held)
        return EXIT_OK
    if not held:
        console().print(f"No file failed in the last {options.days} days.")
        return EXIT_OK
    grid = Grid("Category", *figures("Files"), "Last file", "Usual cause", "What to do")
    for line in held:
        last = f"{line['newest_file']} (load {line['newest_load_id']})"
        cells = (line["category"], line["files"], last, line["cause"], line["advice"])
        grid.add_row(*(escape(str(cell)) for cell in cells))
    console().print(grid)
    console().print(f"Runbook: {RUNBOOK}")
    return EXIT_OK
