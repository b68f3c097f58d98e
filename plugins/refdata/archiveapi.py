"""The archived files part of the Python API and the page: the original file, its rejected lines, a file to fix."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from refdata.core.csvwriting import as_read
from refdata.core.dropnames import beside
from refdata.core.errors import DataError, DropoffError, FileChangedError
from refdata.core.filemodel import Format
from refdata.core.limits import MAX_PAGE
from refdata.core.loadstates import IN_FLIGHT, PUBLISHED
from refdata.core.model import Load, LoadType
from refdata.core.rejectlines import RejectedLine, rejected_line
from refdata.core.sheetwriting import SheetColumn, SheetForm
from refdata.csvformat.limits import BLOCK_BYTES, MAX_RECORD_BYTES
from refdata.dropoff.source import Source
from refdata.ingest.context import Deps
from refdata.ledgerreport import FileStory, LedgerReport
from refdata.versioning.workbooks import write_sheet

__all__ = ["ArchivedDrops", "RejectedLine", "RejectsPage"]

_TO_FIX = (LoadType.FULL, LoadType.APPEND)


@dataclass(frozen=True, slots=True)
class RejectsPage:
    """Some rejected lines; ``total`` is how many the ledger counted.

    ``fixes_all``: the file to fix is the whole file, because a load replaces the table or nothing was loaded; else it
    has only the rejected lines, since the others are in the table.
    """

    lines: tuple[RejectedLine, ...]
    total: int
    fixes_all: bool


class ArchivedDrops:
    """What was dropped, as the archive has it."""

    def __init__(self, deps: Callable[[], Deps], expected: Callable[[], AbstractContextManager[None]]) -> None:
        self._deps = deps
        self._expected = expected

    def original(self, load_id: int, target: BinaryIO) -> str:
        """Writes a file as it was dropped; returns its name.

        :raises DataError: when there is no such load, its file is not archived yet, or is no longer there.
        """
        deps, story = self._story(load_id)
        with _opened(deps.dropoff, story.file) as source:
            shutil.copyfileobj(source, target)
        return story.file.file_name

    def rejects(self, load_id: int, *, limit: int = 50, offset: int = 0) -> RejectsPage:
        """The lines of a file that were not loaded, each with its reason and where the fault is.

        :raises ValueError: when ``limit`` or ``offset`` is out of range.
        :raises DataError: as ``original``; also when no line was rejected.
        """
        if not 1 <= limit <= MAX_PAGE or offset < 0:
            raise ValueError(f"limit must be between 1 and {MAX_PAGE} and offset not negative: {limit}, {offset}")
        deps, story = self._story(load_id)
        header, delimiter, quote = _layout(story.format)
        with _rejects(deps.dropoff, story.file) as rows:
            lines = tuple(
                rejected_line(line, reason, raw, header, delimiter, quote)
                for line, reason, raw in islice(rows, offset, offset + limit)
            )
        return RejectsPage(lines, story.file.rows_rejected or 0, not _fixes_lines(story))

    def export_rejects(self, load_id: int, target: BinaryIO, *, workbook: bool = False) -> str:
        """Writes the list of rejected lines with their reasons, as CSV or as a workbook; returns the file's name.

        :raises DataError: as ``rejects``.
        """
        deps, story = self._story(load_id)
        if not workbook:
            with _opened(deps.dropoff, story.file, "rejects.csv") as source:
                shutil.copyfileobj(source, target)
        else:
            with _rejects(deps.dropoff, story.file) as rows:
                write_sheet(target, "rejected lines", _REJECTS, ([row] for row in rows))
        return beside(story.file.file_name, "rejects.csv")

    def export_fixable(self, load_id: int, target: BinaryIO) -> str:
        """Writes a file to correct and drop again; returns its name.

        Where an append loaded the other lines, only its header and the rejected lines; else the whole file.

        :raises DataError: as ``rejects``.
        """
        deps, story = self._story(load_id)
        if not _fixes_lines(story):
            return self.original(load_id, target)
        with _rejects(deps.dropoff, story.file) as rows, _opened(deps.dropoff, story.file) as source:
            _copy_lines(source, target, _format(story), rows)
        return story.file.file_name

    def _story(self, load_id: int) -> tuple[Deps, FileStory]:
        deps = self._deps()
        with self._expected():
            story = LedgerReport(deps.warehouse).story(load_id)
        if story is None or story.file.load_type not in _TO_FIX:
            raise DataError(f"There is no file of load {load_id}", where="ledger", advice="Check its number.")
        return deps, story


_REJECTS = SheetForm(
    (
        SheetColumn("line", "", 10, lambda value: int(str(value))),
        SheetColumn("reason", "@", 40, str),
        SheetColumn("raw", "@", 40, str),
    )
)


def _fixes_lines(story: FileStory) -> bool:
    """Whether the good lines are in the table and must not be dropped again."""
    row, fmt = story.file, story.format
    is_text = fmt is not None and fmt.is_as_written
    return row.load_type is LoadType.APPEND and row.status in PUBLISHED and is_text


def _format(story: FileStory) -> Format:
    assert story.format is not None  # noqa: S101  a load with rejected lines was read
    return story.format


def _layout(fmt: Format | None) -> tuple[tuple[str, ...], str, str]:
    return (fmt.header, fmt.delimiter, fmt.quote) if fmt else ((), "", "")


@contextmanager
def _opened(source: Source, row: Load, suffix: str = "") -> Iterator[BinaryIO]:
    if row.status in IN_FLIGHT or row.processed_at is None:
        raise DataError(
            f"{row.file_name} is not archived yet", where=row.file_name, advice="Wait until its load has ended."
        )
    folder, _, name = row.file_path.rpartition("/")
    place = f"{folder}/{beside(name, suffix)}" if suffix else row.file_path
    try:
        with source.open_archived(place) as stream:
            yield stream
    except (FileChangedError, DropoffError) as error:
        raise DataError(
            f"The archive no longer has {'the rejected lines of ' if suffix else ''}{row.file_name}",
            where=place,
            advice="Archived files are deleted after some time. Drop the file again to see what is wrong with it.",
        ) from error


@contextmanager
def _rejects(source: Source, row: Load) -> Iterator[Iterator[tuple[int, str, str]]]:
    """Line, reason and text of each rejected line."""
    if not row.rows_rejected:
        raise DataError(f"No line of {row.file_name} was rejected", where=row.file_name, advice="Nothing.")
    # A line may be as long as a record.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_BYTES + 2 * BLOCK_BYTES))
    with _opened(source, row, "rejects.csv") as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        lines = csv.reader(text)
        next(lines, None)
        yield ((int(line), reason, as_read(raw)) for line, reason, raw in lines)
        text.detach()


def _copy_lines(source: BinaryIO, target: BinaryIO, fmt: Format, rejects: Iterator[tuple[int, str, str]]) -> None:
    """The header and the rejected lines, byte for byte."""
    first = fmt.preamble_lines + 1
    wanted = _numbers(rejects)
    next_wanted = next(wanted, 0)
    # Bytes that the encoding cannot read come back as they were.
    lines = io.TextIOWrapper(source, encoding=fmt.encoding, errors="surrogateescape", newline="")
    written = io.TextIOWrapper(target, encoding=fmt.encoding, errors="surrogateescape", newline="")
    for number, line in enumerate(lines, start=1):
        if fmt.has_header and first <= number < first + fmt.header_lines:
            written.write(line)
        elif number == next_wanted:
            written.write(line if line.endswith(("\n", "\r")) else f"{line}\n")
            next_wanted = next(wanted, 0)
    written.flush()
    written.detach()
    lines.detach()


def _numbers(rejects: Iterator[tuple[int, str, str]]) -> Iterator[int]:
    """The physical lines of the rejected rows."""
    for line, _, raw in rejects:
        breaks = raw.count("\n") + raw.count("\r") - raw.count("\r\n")
        yield from range(line, line + breaks + 1)
