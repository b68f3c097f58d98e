"""The shapes of the answers. Every endpoint answers with ``Envelope``; OpenAPI is made from these."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, Field, PlainSerializer

from refdata.core.errors import RefdataError, split_advice
from refdata.core.model import FileStatus, LedgerRow, LoadType
from refdata.ledger import TableSummary

Data = TypeVar("Data")

UtcTime = Annotated[
    datetime,
    PlainSerializer(lambda value: _utc(value).isoformat().replace("+00:00", "Z"), return_type=str, when_used="json"),
]


def _utc(value: datetime) -> datetime:
    """The ledger's times have no zone and are UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Fault(BaseModel):
    """Why a request failed, or why a file was refused: ``category`` is of the error tree or HTTP's."""

    category: str
    message: str
    advice: str = ""

    @classmethod
    def of(cls, error: RefdataError) -> Fault:
        """The error's reason and place, and what to do."""
        return cls.told(error.category, str(error))

    @classmethod
    def told(cls, category: str, text: str) -> Fault:
        """From an error's text as the ledger keeps it."""
        message, advice = split_advice(text)
        return cls(category=category, message=message, advice=advice)


class Metadata(BaseModel):
    """About the answer; what does not apply is null."""

    total: int | None = Field(default=None, description="Rows that fit the filter, on all pages.")
    limit: int | None = None
    offset: int | None = None
    counts: dict[FileStatus, int] | None = Field(default=None, description="Files that fit the search, by status.")


class Envelope(BaseModel, Generic[Data]):
    """The one shape of every answer: ``data`` on success, else ``error``."""

    success: bool = True
    data: Data | None = None
    error: Fault | None = None
    metadata: Metadata = Metadata()


class FileView(BaseModel):
    """A dropped file as the page shows it. ``seconds`` is how long its load took; times are UTC."""

    id: int
    file_path: str
    file_name: str
    status: FileStatus
    load_type: LoadType
    table_name: str
    is_reference_data: bool
    attempt: int
    file_size: int | None
    file_hash: str | None
    rows_read: int | None
    rows_staged: int | None
    rows_loaded: int | None
    rows_rejected: int | None
    version_id: int | None
    load_method: str | None
    detected_delimiter: str | None
    detected_encoding: str | None
    detected_headers: tuple[str, ...]
    warnings: tuple[str, ...]
    dag_run_id: str | None
    created_at: UtcTime
    started_at: UtcTime | None
    loaded_at: UtcTime | None
    processed_at: UtcTime | None
    seconds: float | None
    error: Fault | None

    @classmethod
    def of(cls, row: LedgerRow) -> FileView:
        """A ledger row, with its error taken apart."""
        shown = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        error = Fault.told(row.error_category or "internal", row.error_message) if row.error_message else None
        return cls(**shown, seconds=_seconds(row), error=error)


class TableView(BaseModel):
    """A loaded table. ``rows_live`` counts the rows of the last full load and of every append since."""

    table_name: str
    is_reference_data: bool
    rows_live: int
    rows_loaded: int
    files: int
    version_id: int
    last_loaded_at: UtcTime | None
    last_load_id: int
    last_file_name: str

    @classmethod
    def of(cls, summary: TableSummary) -> TableView:
        """What the ledger sums up."""
        return cls(**{name: getattr(summary, name) for name in cls.model_fields})


def _seconds(row: LedgerRow) -> float | None:
    end = row.processed_at or row.loaded_at
    begin = row.started_at or row.created_at
    return max(0.0, (_utc(end) - _utc(begin)).total_seconds()) if end else None
