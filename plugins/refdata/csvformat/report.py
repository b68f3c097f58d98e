"""The result of detection, for people (a table in the terminal) and for programs (JSON)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table as Grid
from rich.text import Text

from refdata.core.filemodel import Doubt, Format, RunnerUp, Scan, ScannedColumn
from refdata.core.matching import MIN_MATCH, TableMatch

MOST_COLUMNS = 40
"""Column names that the readable report shows."""

MOST_MATCHES = 5
"""Tables that it shows."""

MOST_NAMES = 4
"""Missing or unknown columns that it names for each table."""

_MARKS = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "pipe",
    "": "none",
    '"': 'double quote "',
    "'": "apostrophe '",
}
_ENDINGS = {"\n": "LF", "\r\n": "CR LF", "\r": "CR"}


def as_json(fmt: Format, matches: Sequence[TableMatch] = (), scanned: Scan | None = None) -> dict[str, Any]:
    """Format, matches, columns and warnings as plain values, with the names of their fields."""
    columns = scanned.columns if scanned else ()
    return {
        "format": asdict(fmt),
        "matches": [_match_json(match) for match in matches],
        "columns": [{"source": one.source, "name": one.name, "type": _type(one)} for one in columns],
        "warnings": list(scanned.warnings if scanned else ()),
    }


def _type(column: ScannedColumn) -> str:
    return str(column.type or "")


def _match_json(match: TableMatch) -> dict[str, Any]:
    return asdict(match) | {"table": str(match.table)}


def render(
    fmt: Format,
    matches: Sequence[TableMatch] = (),
    scanned: Scan | None = None,
    *,
    title: str = "",
    least: float = MIN_MATCH,
) -> RenderableType:
    """The report as something that rich prints.

    :param scanned: the full scan, for the types and the warnings that a load would have.
    :param title: its title, usually the file's name.
    :param least: the share of a table's columns that a file must have to be loaded into it.
    """
    parts: list[RenderableType] = [_summary(fmt, title), _reasons(fmt), _columns(fmt, scanned)]
    if fmt.doubt is not None:
        parts.append(_doubt(fmt.doubt))
    if scanned and scanned.warnings:
        parts.append(_warnings(scanned.warnings))
    if fmt.runners_up:
        parts.append(_runners_up(fmt.runners_up))
    if matches:
        parts.append(_matches(matches, least))
    return Group(*parts)


def to_text(
    fmt: Format,
    matches: Sequence[TableMatch] = (),
    scanned: Scan | None = None,
    *,
    title: str = "",
    width: int = 100,
) -> str:
    """The report as plain text of at most ``width`` characters a line."""
    console = Console(width=width, color_system=None, force_terminal=False, legacy_windows=False)
    with console.capture() as capture:
        console.print(render(fmt, matches, scanned, title=title))
    return capture.get()


def _summary(fmt: Format, title: str) -> Grid:
    grid = Grid(title=escape(title) or None, title_justify="left", show_header=False, box=None, pad_edge=False)
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for name, value in _facts(fmt):
        grid.add_row(name, escape(value))
    return grid


def _facts(fmt: Format) -> list[tuple[str, str]]:
    header = f"{_lines(fmt.header_lines)}, names {len(fmt.header)} columns" if fmt.has_header else "none"
    facts = [
        ("confidence", f"{fmt.confidence:.0%}"),
        ("encoding", fmt.encoding),
        ("delimiter", _mark(fmt.delimiter)),
        ("quote", _mark(fmt.quote)),
        ("escape", "backslash" if fmt.escape else "none, quotes are doubled"),
        ("line ending", _ENDINGS.get(fmt.line_ending, repr(fmt.line_ending))),
        ("header", header),
        ("preamble", _lines(fmt.preamble_lines)),
        ("trailer", _lines(fmt.trailer_lines)),
    ]
    if len(fmt.header) == 1:
        facts[2] = ("delimiter", "none: a single column")
    elif fmt.drawing is not None:
        facts[2] = ("delimiter", "none: drawn as a table, see below")
    if fmt.comment:
        facts.append(("comments", f"lines that start with {fmt.comment}"))
    if fmt.skip_initial_space:
        facts.append(("blanks", "ignored after a delimiter"))
    if fmt.stated_rows is not None:
        facts.append(("stated rows", str(fmt.stated_rows)))
    return facts


def _reasons(fmt: Format) -> Text:
    return Text("\n" + "\n".join(f"- {reason}" for reason in fmt.reasons))


def _doubt(doubt: Doubt) -> Text:
    """Why a load of the file would ask, and for what; or why it would be refused."""
    lines = [f"In doubt: {doubt.what}.", *doubt.evidence, *(f"- {one.label}. {one.effect}" for one in doubt.readings)]
    return Text("\n".join([*lines, doubt.advice]) + "\n")


def _columns(fmt: Format, scanned: Scan | None) -> Text:
    types = [f" {_type(one)}" if one.type else "" for one in scanned.columns] if scanned else [""] * len(fmt.header)
    named = zip(fmt.header[:MOST_COLUMNS], types, strict=False)
    shown = ", ".join(f"{name or '(blank)'}{kind}" for name, kind in named)
    more = len(fmt.header) - MOST_COLUMNS
    return Text(f"\nColumns: {shown}" + (f" and {more} more" if more > 0 else "") + "\n")


def _warnings(warnings: Sequence[str]) -> Text:
    return Text("A load would warn:\n" + "\n".join(f"- {warning}" for warning in warnings) + "\n")


def _runners_up(runners_up: Sequence[RunnerUp]) -> Grid:
    grid = Grid(title="Next best readings", title_justify="left")
    for name in ("delimiter", "quote", "chance"):
        grid.add_column(name)
    for one in runners_up:
        grid.add_row(escape(_mark(one.delimiter)), escape(_mark(one.quote)), f"{one.score:.2%}")
    return grid


def _matches(matches: Sequence[TableMatch], least: float) -> Grid:
    grid = Grid(title="Tables by their columns", title_justify="left")
    for name in ("table", "columns", "types", "missing", "unknown to it", "perhaps renamed", "enough columns"):
        grid.add_column(name, overflow="fold", no_wrap=name == "table")
    for match in matches[:MOST_MATCHES]:
        grid.add_row(*(escape(cell) for cell in _match_cells(match, least)))
    return grid


def _match_cells(match: TableMatch, least: float) -> tuple[str, ...]:
    return (
        str(match.table),
        f"{match.share:.0%}",
        "" if match.types is None else f"{match.types:.0%}",
        _some(match.missing),
        _some(match.extra),
        ", ".join(f"{one.source} → {one.column}" for one in match.renames),
        "yes" if match.fits(least) else f"no, under {least:.0%}",
    )


def _some(names: Sequence[str]) -> str:
    """The first names and how many more there are; the JSON contains all of them."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _mark(mark: str) -> str:
    return _MARKS.get(mark, repr(mark))


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines" if count else "none"
