"""Shared by the steps that read a dropped file: the list of its damaged rows."""

from __future__ import annotations

from collections.abc import Callable

from refdata.core.errors import DataError
from refdata.core.filemodel import RejectedRow
from refdata.core.model import Load
from refdata.csvformat.rejects import RejectsFile

MOST_LISTED = 100_000
"""Limit on the damaged rows that the rejects file of a refused file lists."""


def listing(rejects: RejectsFile, row: Load, allowed: int) -> Callable[[RejectedRow], None]:
    """Lists each damaged row; stops reading once the file is refused anyway and the list is long enough."""
    most = max(allowed, MOST_LISTED)

    def write(reject: RejectedRow) -> None:
        if rejects.count >= most:
            raise DataError(
                f"More than {most} rows are damaged, {allowed} are allowed; reading stopped there",
                where=row.file_name,
                advice="Open the .rejects.csv beside the file; it lists the first of them, each with its reason.",
            )
        rejects.write(reject)

    return write
