"""The shapes of answers about uploads and their previews, and of what is asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from refdata.core.alignment import own_columns
from refdata.core.model import Column, FileStatus, LoadType
from refdata.core.naming import fold_name
from refdata.core.settings import Settings
from refdata.plugin.questionschemas import AskedView
from refdata.plugin.schemas import CellText, FaultView, FormatView, UtcTime, View
from refdata.plugin.tableschemas import DiffView

if TYPE_CHECKING:
    from refdata.uploadapi import Preview, Upload, WaitingUpload

MAX_RAW = 2_000
"""Characters of a rejected row that are shown."""
Dropped = Literal["fullload", "append"]
TargetTable = Annotated[str, StringConstraints(max_length=128, pattern=r"^[^\x00]*$")]


class OtherUpload(View):
    """Another upload for the same table, so that two people know of each other."""

    id: int
    name: str
    by: str
    at: UtcTime


class OtherLoad(View):
    """A dropped file for the same table that is not loaded yet."""

    id: int
    file_name: str
    status: FileStatus
    created_at: UtcTime


class UploadView(BaseModel):
    """A file that waits to be loaded or discarded. ``name`` is the safe one, ``original`` that of the browser.

    ``path`` is where it will be dropped. ``starts_after`` is the number of seconds that it then has to stay unchanged.
    """

    id: int
    name: str
    original: str
    path: str
    table: str
    load_type: LoadType
    is_reference_data: bool
    size: int
    by: str
    at: UtcTime
    starts_after: float
    others: tuple[OtherUpload, ...]
    loads: tuple[OtherLoad, ...]

    @classmethod
    def of(cls, waiting: WaitingUpload, settings: Settings) -> UploadView:
        """An upload, with what else is on its way into its table."""
        upload = waiting.upload
        names = ("id", "name", "original", "path", "load_type", "size", "by", "at")
        return cls(
            **{name: getattr(upload, name) for name in names},
            table=waiting.table,
            is_reference_data=waiting.is_reference_data,
            starts_after=settings.stability_checks * settings.stability_interval,
            others=tuple(map(_other, waiting.others)),
            loads=tuple(OtherLoad.model_validate(row) for row in waiting.loads),
        )


def _other(upload: Upload) -> OtherUpload:
    return OtherUpload.model_validate(upload)


class UploadsView(BaseModel):
    """The uploads that wait. ``max_bytes`` is the largest that is accepted (0: none are), ``endings`` those of the
    types that are loaded. ``refusal`` is null where files can be uploaded."""

    uploads: tuple[UploadView, ...]
    refusal: FaultView | None
    max_bytes: int
    endings: tuple[str, ...]


class FileColumnView(BaseModel):
    """A column of the file, of the table, or of both. ``source`` is its header, null where the file lacks it.

    ``file_type`` is what the values are, null where all are empty; ``table_type`` is null for a new column.
    """

    name: str
    source: str | None
    file_type: str | None
    table_type: str | None
    nulls: int


class RejectView(BaseModel):
    """A row that would not be loaded: its first line in the file, why, and its text, shortened."""

    line: int
    reason: str
    raw: str


class FindingView(BaseModel):
    """A difference between file and contract, and what the load does about it."""

    what: str
    action: Literal["load", "warn", "hold", "refuse"]


class PreviewView(BaseModel):
    """What would happen if an upload were loaded now.

    ``outcome`` is ``load``, ``warn`` (it loads, with warnings), ``ask`` (it waits for an answer), ``approve`` (it waits
    for approval), ``duplicate`` (nothing changes) or ``refuse``. ``difference`` is null for rows that are only added,
    and where the load would stop before.
    """

    upload: UploadView
    outcome: Literal["load", "warn", "ask", "approve", "duplicate", "refuse"]
    live_version: int
    is_new: bool = Field(description="Whether the load would create the table.")
    refused: FaultView | None
    format: FormatView | None
    columns: tuple[FileColumnView, ...]
    changes: str
    rows: int
    rejected: int
    allowed_rejects: int
    rejects: tuple[RejectView, ...]
    findings: tuple[FindingView, ...]
    warnings: tuple[str, ...]
    questions: tuple[AskedView, ...]
    approval: tuple[str, ...]
    difference: DiffView | None
    duplicate_of: int | None

    @classmethod
    def of(cls, waiting: WaitingUpload, shown: Preview, settings: Settings) -> PreviewView:
        """A preview, with values as text."""
        return cls(
            upload=UploadView.of(waiting, settings),
            outcome=outcome_of(shown),
            live_version=shown.live_version,
            is_new=shown.live is None,
            refused=_fault(shown),
            format=FormatView.model_validate(shown.format) if shown.format else None,
            columns=_columns(shown),
            changes=shown.changes,
            rows=shown.rows,
            rejected=shown.rejected,
            allowed_rejects=shown.allowed_rejects,
            rejects=rejects_of(shown),
            findings=tuple(FindingView(what=str(one), action=one.action.value) for one in shown.findings),
            warnings=tuple(shown.warnings),
            questions=tuple(AskedView.model_validate(one) for one in shown.questions),
            approval=shown.approval,
            difference=DiffView.model_validate(shown.difference) if shown.difference else None,
            duplicate_of=shown.duplicate_of,
        )


def outcome_of(shown: Preview) -> Literal["load", "warn", "ask", "approve", "duplicate", "refuse"]:
    """The result in one word."""
    if shown.refused:
        return "refuse"
    if shown.duplicate_of is not None:
        return "duplicate"
    if shown.questions:
        return "ask"
    if shown.approval:
        return "approve"
    return "warn" if shown.warnings or shown.rejected else "load"


def rejects_of(shown: Preview) -> tuple[RejectView, ...]:
    """The first of the rows that would not be loaded."""
    return tuple(RejectView(line=one.line, reason=one.reason, raw=one.raw[:MAX_RAW]) for one in shown.rejects)


def _fault(shown: Preview) -> FaultView | None:
    if not shown.refused:
        return None
    return FaultView.advised(shown.category, shown.refused, shown.advice)


def _columns(shown: Preview) -> tuple[FileColumnView, ...]:
    """The file's columns in their order, then those that only the table has."""
    live = {fold_name(column.name): column for column in own_columns(shown.live)} if shown.live else {}
    brought = [
        FileColumnView(
            name=one.name,
            source=one.source,
            file_type=str(one.type) if one.type else None,
            table_type=_type_of(live.get(fold_name(one.name))),
            nulls=one.nulls,
        )
        for one in shown.columns
    ]
    names = {fold_name(one.name) for one in shown.columns}
    lacking = [
        FileColumnView(name=column.name, source=None, file_type=None, table_type=column.type_name, nulls=0)
        for name, column in live.items()
        if shown.columns and name not in names
    ]
    return (*brought, *lacking)


def _type_of(column: Column | None) -> str | None:
    return column.type_name if column else None


class PreviewRequest(BaseModel):
    """Where the file is to be loaded: another ``table`` than its name gives, another effect on the table's rows."""

    model_config = ConfigDict(extra="forbid")

    table: TargetTable = ""
    load_type: Dropped | None = None


class LoadRequest(BaseModel):
    """``live_version`` is the one that the preview was compared with."""

    model_config = ConfigDict(extra="forbid")

    live_version: int = Field(ge=0, le=2**31 - 1)


class DiscardRequest(BaseModel):
    """Nothing is stated."""

    model_config = ConfigDict(extra="forbid")


class RetryRequest(BaseModel):
    """``table``: another one than the load was for."""

    model_config = ConfigDict(extra="forbid")

    table: TargetTable = ""


class DiscardLoadRequest(BaseModel):
    """Why the refused file is not needed."""

    model_config = ConfigDict(extra="forbid")

    reason: CellText


class ArchivedView(BaseModel):
    """Whether a refused file is still in the archive."""

    is_there: bool
