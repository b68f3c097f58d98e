"""The shape of every answer (``Envelope``), and those of files. OpenAPI is made from these."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from refdata import __version__
from refdata.audit import MAX_REASON
from refdata.core.errors import RefdataError, sentence
from refdata.core.failure import failure_of
from refdata.core.filemodel import RunnerUp
from refdata.core.model import FileStatus, Load, LoadType
from refdata.core.plainadvice import plain_advice
from refdata.core.settings import Settings
from refdata.ledgerreport import FileStory
from refdata.plugin.addresses import run_path

_Data = TypeVar("_Data")

UtcTime = Annotated[
    datetime,
    PlainSerializer(lambda value: _utc(value).isoformat().replace("+00:00", "Z"), return_type=str, when_used="json"),
]


def _utc(value: datetime) -> datetime:
    """The ledger's times have no zone and are UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


CellText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON, pattern=r"^[^\x00]*\S[^\x00]*$")
]
"""A person's reason."""


class View(BaseModel):
    """An answer that ``model_validate`` makes from a library object: its attributes, under their names."""

    model_config = ConfigDict(from_attributes=True)


class FaultView(BaseModel):
    """Why a request failed, or why a file was refused: ``category`` is of the error tree or HTTP's.

    ``plain_advice`` is the advice without commands and settings, for people who have neither.
    """

    category: str
    message: str
    advice: str = ""
    plain_advice: str = ""

    @classmethod
    def of(cls, error: RefdataError) -> FaultView:
        """The error's reason and place, and what to do."""
        return cls.advised(error.category, error.reason, error.advice)

    @classmethod
    def advised(cls, category: str, message: str, advice: str) -> FaultView:
        """With the advice in both forms."""
        said = sentence(advice)
        return cls(category=category, message=message, advice=said, plain_advice=plain_advice(said))

    @classmethod
    def of_load(cls, row: Load) -> FaultView | None:
        """Why a load failed; None when nothing went wrong."""
        if row.error_message is None:
            return None
        failure = failure_of(row)
        return cls.advised(failure.category, failure.reason, failure.advice)


_BEGAN: ContextVar[float] = ContextVar("refdata_request_began")


def begin_request() -> None:
    """Records when a request arrived, for ``took_ms``."""
    _BEGAN.set(time.perf_counter())


def _took_ms() -> float | None:
    began = _BEGAN.get(None)
    return None if began is None else round(1000 * (time.perf_counter() - began), 1)


class Metadata(BaseModel):
    """About the answer; what does not apply is null."""

    page: int | None = Field(default=None, description="Number of the page, from 1.")
    total: int | None = Field(default=None, description="Rows that match the filter, on all pages.")
    limit: int | None = None
    offset: int | None = None
    counts: dict[FileStatus, int] | None = Field(default=None, description="Files that match the search, by status.")
    took_ms: float | None = Field(default_factory=_took_ms, description="Milliseconds from request to answer.")
    version: str = Field(default=__version__, description="Version of refdata.")

    @classmethod
    def of_page(cls, total: int, limit: int, offset: int, *, counts: Mapping[FileStatus, int]) -> Metadata:
        """About one page of a list."""
        return cls(page=offset // limit + 1, total=total, limit=limit, offset=offset, counts=dict(counts))


class Envelope(BaseModel, Generic[_Data]):
    """The one shape of every answer: ``data`` on success, else ``error``."""

    success: bool = True
    data: _Data | None = None
    error: FaultView | None = None
    metadata: Metadata = Field(default_factory=Metadata)


class FileView(BaseModel):
    """A dropped file as the page shows it. ``seconds`` is how long its load took; times are UTC."""

    id: int
    file_path: str
    file_name: str
    status: FileStatus
    load_type: LoadType
    table_name: str
    is_reference_data: bool
    attempt: int = Field(
        description="Rises with each step that takes the table's turn: 2 for a load without retries. A fence, not a"
        " count of retries."
    )
    file_size: int | None
    file_hash: str | None
    rows_read: int | None = Field(description="All rows of the file: those fit to load and the rejected ones.")
    rows_fit: int | None = Field(description="Rows that the scan found fit to load.")
    rows_staged: int | None
    rows_loaded: int | None
    rows_inserted: int | None = Field(description="Rows that are new in the table; null where none were compared.")
    rows_updated: int | None = Field(description="Rows that replaced one of the same key; null as above.")
    rows_unchanged: int | None = Field(description="Rows that the table already had; null as above.")
    rows_rejected: int | None
    version_id: int | None
    load_method: str | None
    detected_delimiter: str | None
    detected_encoding: str | None
    detected_headers: tuple[str, ...]
    warnings: tuple[str, ...]
    dag_run_id: str | None
    run_path: str | None = Field(description="The run's page, relative to Airflow's root; null where there was no run.")
    created_at: UtcTime
    started_at: UtcTime | None
    loaded_at: UtcTime | None
    processed_at: UtcTime | None
    seconds: float | None
    error: FaultView | None

    @classmethod
    def of(cls, row: Load) -> FileView:
        """A ledger row, with its failure as parts."""
        shown = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        path = run_path(row.dag_run_id, row.load_type)
        fit, damaged = row.rows_read, row.rows_rejected or 0
        shown |= {"rows_fit": fit, "rows_read": None if fit is None else fit + damaged}
        return cls(**shown, run_path=path, seconds=_seconds(row), error=FaultView.of_load(row))


class StepView(BaseModel):
    """A step of a run, as Airflow reports it. ``state`` is Airflow's own term; null before it is queued."""

    name: str
    title: str = Field(description="What happened or is waited for, for people.")
    state: str | None
    started_at: UtcTime | None
    ended_at: UtcTime | None
    seconds: float | None
    tries: int


class FormatView(View):
    """How a file is read, and why. ``confidence`` is between 0 and 1."""

    encoding: str
    delimiter: str
    quote: str
    escape: str
    comment: str
    line_ending: str
    has_header: bool
    header: tuple[str, ...]
    preamble_lines: int
    trailer_lines: int
    stated_rows: int | None
    confidence: float
    reasons: tuple[str, ...]
    runners_up: tuple[RunnerUp, ...]


class StabilityView(BaseModel):
    """The checks before a load: this many unchanged ones, this many seconds apart, as currently set.

    ``changed_at`` is the last change of its content.
    """

    checks: int
    interval_seconds: float
    changed_at: UtcTime | None


class RejectsView(BaseModel):
    """Damaged rows: how many, and the file that lists them (null where there is none, or not yet)."""

    rows: int
    file: str | None


class StoryView(BaseModel):
    """A file's whole history. ``format`` is null before detection, ``table_changes`` before the table's turn."""

    file: FileView
    stability: StabilityView
    format: FormatView | None
    table_changes: str | None
    is_configured: bool
    steps: tuple[StepView, ...] = Field(description="Empty where Airflow does not know its run, or no longer does.")
    rejects: RejectsView
    origin_id: int | None = Field(description="Version that a rollback restored, or load that a take-back removed.")
    uploaded_by: str | None = Field(description="Who uploaded it on the page; null for a file that came another way.")

    @classmethod
    def of(cls, story: FileStory, steps: Sequence[StepView], settings: Settings) -> StoryView:
        """From ledger, Airflow and settings."""
        checks = StabilityView(
            checks=settings.stability_checks,
            interval_seconds=settings.stability_interval,
            changed_at=story.changed_at,
        )
        return cls(
            file=FileView.of(story.file),
            stability=checks,
            format=FormatView.model_validate(story.format) if story.format else None,
            table_changes=story.table_changes,
            is_configured=story.is_configured,
            steps=tuple(steps),
            rejects=RejectsView(rows=story.file.rows_rejected or 0, file=story.rejects_file),
            origin_id=story.origin_id,
            uploaded_by=story.uploaded_by,
        )


def _seconds(row: Load) -> float | None:
    end = row.processed_at or row.loaded_at
    begin = row.started_at or row.created_at
    return max(0.0, (_utc(end) - _utc(begin)).total_seconds()) if end else None
