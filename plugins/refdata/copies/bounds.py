"""What a workbook may cost to read, and its damage as an error of the tree."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from refdata.core.errors import FormatError, RefdataError
from refdata.sealing import open_local

MOST_WHOLE = 256 << 20
"""Bytes that the readers may keep in memory: the shared texts of an ``.xlsx``, all of an ``.xlsb`` or ``.ods``."""

MOST_CELLS = 3_000_000
"""Cells of a sheet that calamine may keep, the empty ones between them too: it needs 60 to 120 bytes for each."""

MOST_TREE = 8 << 20
"""Bytes of the parts of an ``.xlsx`` that openpyxl parses as a whole: the lists of its parts, sheets and names."""

MOST_ROW = 32 << 20
"""Bytes of the XML of one row of an ``.xlsx``."""

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""Rows and columns of a sheet, https://support.microsoft.com/office/excel-specifications-and-limits."""

SAVE = "Open it in a spreadsheet program, save it again, or save the sheet as CSV."
SAVE_OTHERWISE = "Save it as .xlsx, or save the sheet as CSV."


def refuse_over(size: int) -> None:
    """:raises FormatError: when so many bytes are too many for memory."""
    if size > MOST_WHOLE:
        raise FormatError(
            f"The workbook is too large: {size // (1 << 20):,} MB would have to be kept in memory",
            advice="Save the sheet as CSV and drop that.",
        )


def refuse_trees(size: int) -> None:
    """:raises FormatError: when the parts that describe an ``.xlsx`` are too large for memory."""
    if size > MOST_TREE:
        raise FormatError(
            f"The workbook is too large: the lists of its parts and names have {size // (1 << 20):,} MB",
            advice="Save the sheet as CSV and drop that.",
        )


def refuse_large(path: Path) -> None:
    """:raises FormatError: when all parts of a workbook together are too large for memory."""
    with open_local(path) as packed, zipfile.ZipFile(packed) as archive:
        refuse_over(sum(info.file_size for info in archive.infolist()))


def refuse_wide(rows: int, columns: int, name: str) -> None:
    """:raises FormatError: when a sheet has too many cells for memory, counting the empty ones between them."""
    if rows * columns > MOST_CELLS:
        raise FormatError(
            f"The sheet {name!r} is too large: more than {MOST_CELLS:,} cells, with the empty ones between them, would "
            "have to be kept in memory",
            advice="Save it as .xlsx, which is read row by row, or save the sheet as CSV.",
        )


def refuse_uncalculated(formulas: int, name: str) -> None:
    """:raises FormatError: when a sheet has so many formulas without a value."""
    if formulas:
        raise FormatError(
            f"{formulas:,} formulas in the sheet {name!r} have no value, because no program has calculated them",
            advice="Open the workbook in a spreadsheet program and save it again.",
        )


@contextlib.contextmanager
def workbook_damage() -> Iterator[None]:
    """Turns the errors of the readers, of any class, into one of the tree."""
    try:
        yield
    except (RefdataError, OSError, MemoryError):
        raise
    except Exception as error:
        raise _damaged(type(error).__name__) from error
    except BaseException as error:
        # How a panic in calamine arrives; its class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged("PanicException") from error


def _damaged(kind: str) -> FormatError:
    return FormatError(f"The workbook is damaged, encrypted or not complete ({kind})", advice=SAVE)
