"""A diff as Markdown, for people who decide on it. Pure.

Airflow keeps the text in its own database, so rows are shown only on request. Values come from files: each is
shortened and escaped, so that none of them is read as Markdown or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from refdata.core.tablediff import TableDiff

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 10, 10, 40
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~<>&-])")


def as_markdown(diff: TableDiff, reasons: Sequence[str] = (), *, with_rows: bool = False) -> str:
    """Counts and changed columns, after the reasons for asking.

    :param with_rows: also include the diff's sample rows of each kind.
    """
    return "\n".join((*_counts(diff, reasons), *(_samples(diff) if with_rows else ())))


def _counts(diff: TableDiff, reasons: Sequence[str]) -> Iterator[str]:
    yield from (f"- **{_text(reason, 500)}**" for reason in reasons)
    yield ""
    counts = (diff.rows_before, diff.rows_after, diff.added, diff.removed, diff.changed, diff.unchanged)
    names = ("rows before", "rows after", "added", "removed", "changed", "unchanged")
    yield from _table(names, [tuple(f"{count:,}" for count in counts)])
    matched = f"Rows are matched by {', '.join(diff.keys)}." if diff.keys else diff.note
    yield from ("", _text(matched, 500))
    for what, columns in (("new in the table", diff.columns_added), ("empty from now on", diff.columns_removed)):
        if columns:
            yield from ("", f"Columns {what}: {', '.join(_text(name) for name in columns)}")
    if diff.column_changes:
        yield from ("", "### Changed values by column", "")
        yield from _table(("column", "rows"), [(_text(name), f"{n:,}") for name, n in diff.column_changes.items()])


def _samples(diff: TableDiff) -> Iterator[str]:
    yield from _changed(diff)
    for what, rows, total in (("Removed", diff.removed_sample, diff.removed), ("Added", diff.added_sample, diff.added)):
        if rows:
            yield from ("", f"### {_headline(what, total)}", "")
            heads = tuple(_text(name) for name in diff.columns[:MAX_COLUMNS])
            yield from _table(heads, [tuple(_text(cell) for cell in row[:MAX_COLUMNS]) for row in rows[:MAX_ROWS]])


def _changed(diff: TableDiff) -> Iterator[str]:
    if diff.changed_sample:
        cells = [
            (*(_text(part) for part in row.key), _text(cell.column), _text(cell.before), _text(cell.after))
            for row in diff.changed_sample[:MAX_ROWS]
            for cell in row.cells[:MAX_COLUMNS]
        ]
        yield from ("", f"### {_headline('Changed', diff.changed)}", "")
        yield from _table((*(_text(key) for key in diff.keys), "column", "before", "after"), cells)


def _headline(what: str, total: int) -> str:
    return f"{what} rows" if total <= MAX_ROWS else f"{what} rows: {MAX_ROWS} of {total:,}"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{' --- |' * len(names)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _text(value: object, most: int = MAX_CELL) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return _MARKUP.sub(r"\\\1", text if len(text) <= most else f"{text[: most - 1]}…")
