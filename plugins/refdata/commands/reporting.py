"""``refdata report``: throughput, slowest tables, refused files and advice."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.terminal import EXIT_OK, Subcommands, add_command, between, console, figures, print_json

if TYPE_CHECKING:
    from refdata.core.report import Report


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    made = add_command(commands, "report", report)
    made.add_argument(
        "--days", type=between(0.01, 36500.0), default=30.0, help="days to look back, by the first sight of a file"
    )
    made.add_argument("--plot", type=Path, metavar="FILE", help="also draw charts, as PNG, SVG or PDF (extra `plots`)")


def report(options: argparse.Namespace) -> int:
    """``refdata report``."""
    from refdata import wiring
    from refdata.core.report import make_report
    from refdata.versioning.sampling import narrower_types

    deps = wiring.connect()
    loads = deps.ledger.recent(deps.clock() - timedelta(days=options.days))
    tables = deps.warehouse.tables(deps.settings.ref_schema)
    summary = make_report(loads, narrower_types(deps.warehouse, tables, deps.log))
    if options.plot:
        draw(summary, options.plot)
    if options.json:
        print_json({**asdict(summary), "rows_per_second": summary.throughput.rows_per_second})
    else:
        _show(summary, options.days)
    return EXIT_OK


def _show(summary: Report, days: float) -> None:
    total, out = summary.throughput, console()
    out.print(
        f"{days:g} days: {total.files:,} files, {total.loaded:,} loaded, {total.refused:,} refused; "
        f"{total.rows:,} rows, {total.size / 1e6:,.1f} MB in {total.seconds:,.0f} s of work "
        f"({total.rows_per_second:,.0f} rows/s), "
        f"{total.rejects:,} rejected rows",
        soft_wrap=True,
    )
    if summary.tables:
        numbers = ("Loads", "Rows", "Seconds (median)", "Slowest", "Waited")
        grid = Grid("Table", *figures(*numbers), "Method", title="Slowest tables")
        for one in summary.tables:
            seconds = (f"{value:,.1f}" for value in (one.seconds, one.slowest, one.waited))
            grid.add_row(escape(one.table_name), f"{one.loads:,}", f"{one.rows:,}", *seconds, one.method)
        out.print(grid)
    if summary.errors:
        grid = Grid("Category", *figures("Files"), title="Refused files")
        for category, count in summary.errors:
            grid.add_row(category, f"{count:,}")
        out.print(grid)
    for sentence in summary.advice:
        out.print(f"- {escape(sentence)}", soft_wrap=True, highlight=False)


def draw(summary: Report, path: Path) -> None:
    """Draws rows by day, the slowest tables and the refused files.

    :raises ConfigurationError: when the extra ``plots`` is not installed, or the file extension is not a known format.
    """
    from refdata.core.errors import ConfigurationError

    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigurationError(
            "Drawing needs matplotlib", advice="Run `pip install 'airflow-provider-refdata[plots]'`"
        ) from error
    panels = (
        ("Rows by day", [day for day, _, _ in summary.days], [float(rows) for _, rows, _ in summary.days]),
        (
            "Seconds of a load (median)",
            [one.table_name for one in summary.tables],
            [one.seconds for one in summary.tables],
        ),
        ("Refused files", [name for name, _ in summary.errors], [float(count) for _, count in summary.errors]),
    )
    figure = Figure(figsize=(11, 9), layout="constrained")
    for axes, (title, names, values) in zip(figure.subplots(len(panels), 1), panels, strict=True):
        axes.barh(range(len(names)), values)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_title(title, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
    try:
        figure.savefig(path)
    except (ValueError, OSError) as error:
        raise ConfigurationError(
            f"The plot cannot be written: {error}", where=str(path), advice="Name a .png, .svg or .pdf file."
        ) from error
