"""``<file>.rejects.csv``: the rows that were not loaded, with line, reason and text.

The text is as in the file, after an apostrophe where a spreadsheet would run it as a formula.
"""

from __future__ import annotations

import csv
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from refdata.core.csvwriting import inert
from refdata.core.dropnames import unfinished
from refdata.core.errors import PermanentError
from refdata.core.filemodel import Format, RejectedRow


def is_misfit(reject: RejectedRow, column: str) -> bool:
    """Whether a row is refused because of its value in a column."""
    return f"column {column!r} does not fit" in reject.reason


def field_of(reject: RejectedRow, fmt: Format, index: int) -> str:
    """A field of a refused row, out of its text; all of the text where the row is shorter."""
    lines = reject.raw.splitlines(keepends=True)
    if fmt.quote:
        reader = csv.reader(lines, delimiter=fmt.delimiter, quotechar=fmt.quote)
    else:
        reader = csv.reader(lines, delimiter=fmt.delimiter, quoting=csv.QUOTE_NONE)
    fields = next(reader, [])
    return fields[index] if index < len(fields) else reject.raw


OnReject = Callable[[RejectedRow], None]

HEADER = ("line", "reason", "raw")

MOST_EXAMPLES = 5
"""Rejects that would fit with one change and are kept as examples."""


@dataclass(slots=True)
class RejectsFile:
    """Writes rejects as they come; the file is created with the first one, so a clean load leaves none.

    Use as a context manager, and hand ``write`` to ``read_rows`` as ``on_reject``. ``path`` appears at the end, or
    is replaced then: a process that is killed leaves no list that lacks rows. ``count`` is the number of rejects
    written, ``fitting`` are the first of those that would fit with one change.
    """

    path: str | Path
    count: int = 0
    fitting: list[RejectedRow] = field(default_factory=list)
    _token: str = field(default_factory=lambda: secrets.token_hex(4))
    _file: TextIO | None = None
    _writer: Any = field(default=None, repr=False)

    def write(self, reject: RejectedRow) -> None:
        """Add one row."""
        if self._file is None:
            self._file = self._unfinished.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(HEADER)
        # People open this file in a spreadsheet, which would run a row that begins like a formula.
        self._writer.writerow((reject.line, reject.reason, inert(reject.raw)))
        self.count += 1
        if reject.fits and len(self.fitting) < MOST_EXAMPLES:
            self.fitting.append(reject)

    def __enter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened, and give it its name; an interrupted list is removed: the file is read again."""
        if self._file is None:
            return
        self._file.close()
        if kind is None or issubclass(kind, PermanentError):
            self._unfinished.replace(self.path)
        else:
            self._unfinished.unlink(missing_ok=True)

    @property
    def _unfinished(self) -> Path:
        # Its own name: a second process may read the same file at the same time.
        return Path(self.path).with_name(f"{unfinished(Path(self.path).name)}.{self._token}")
