"""Limits that keep memory and time constant whatever the file contains."""

from __future__ import annotations

from pathlib import Path

from refdata.core.errors import FormatError

BLOCK_BYTES = 2 * 1024 * 1024
"""Bytes read at a time. Measured: parsing gets no faster from here on, and 4 MB take 40 MB more in a load."""

MASK_BYTES = 256 * 1024
"""Bytes compared at a time: a mask of a whole block would be new memory each time, which costs more than to fill it."""

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""The longest row, quoted line breaks included. A file that exceeds it is one endless line or has an unclosed quote."""

CAREFUL_BYTES = 256 * 1024
"""Text read row by row around a damaged place before returning to blocks."""

MAX_COLUMNS = 1024
"""Columns of a table: https://learn.microsoft.com/sql/sql-server/maximum-capacity-specifications-for-sql-server"""

BATCH_ROWS = 65_536
"""Rows of one Arrow batch, at most."""


def refuse_wide(fields: int, path: Path) -> None:
    """Refuse a file that no table can store.

    :raises FormatError: it has more columns than a table may have.
    """
    if fields > MAX_COLUMNS:
        raise FormatError(
            f"The file has {fields} columns, but a table can have at most {MAX_COLUMNS}",
            where=str(path),
            advice="Split the file, or check its delimiter.",
        )
