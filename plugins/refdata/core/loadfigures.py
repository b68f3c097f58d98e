"""The figures of past loads. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from refdata.core.model import FileStatus


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """The cost of one load as recorded in the ledger. Times are UTC; ``file_size`` is in bytes.

    None stands for what did not happen.
    """

    id: int
    table_name: str
    status: FileStatus
    created_at: datetime
    started_at: datetime | None
    loaded_at: datetime | None
    processed_at: datetime | None
    file_size: int | None
    rows_loaded: int | None
    rows_rejected: int | None
    load_method: str | None
    error_category: str | None

    @property
    def seconds(self) -> float | None:
        """Seconds from getting the table's turn to publishing; None when nothing was published."""
        if self.started_at is None or self.loaded_at is None:
            return None
        return max(0.0, (self.loaded_at - self.started_at).total_seconds())

    @property
    def waited(self) -> float | None:
        """Seconds from the file's registration to its table's turn."""
        return None if self.started_at is None else max(0.0, (self.started_at - self.created_at).total_seconds())
