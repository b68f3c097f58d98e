"""The shapes of answers about tables, versions, differences and figures over time, and of change requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from refdata.core.model import LoadType
from refdata.core.runid import PAGE_RUN
from refdata.core.versions import Version
from refdata.plugin.addresses import run_path
from refdata.plugin.schemas import CellText, UtcTime, View

_RequestId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{0,64}$")]


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.hex() if isinstance(value, bytes) else str(value)


_Cell = Annotated[str | None, BeforeValidator(_text)]
"""A value as text: JavaScript has no DECIMAL and no BIGINT."""


class TableView(View):
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
    steward: str = Field(default="", description="Who answers for it, as its contract says.")


class ColumnView(View):
    """A column; ``type`` as the database names it."""

    name: str
    type: str = Field(validation_alias="type_name")
    nullable: bool


class TableInfoView(View):
    """A live table. ``summary`` is null for one that refdata never loaded; ``keys`` are those of ``tables.yaml``."""

    table_name: str
    columns: tuple[ColumnView, ...]
    keys: tuple[str, ...] = Field(validation_alias=AliasPath("rules", "keys"))
    frozen: bool = Field(validation_alias=AliasPath("rules", "frozen"))
    max_rejected_rows: int = Field(validation_alias=AliasPath("rules", "max_rejected_rows"))
    live_version: int
    versions: int
    versions_kept: int
    summary: TableView | None


class VersionView(BaseModel):
    """A version of a table. ``is_kept``: its rows can be read. ``actor`` and ``reason`` describe a person's action.

    ``uploaded_by`` uploaded its file on the page.
    """

    version: int
    kind: LoadType | None = Field(description="null for version 0, the rows from before refdata.")
    load_id: int | None
    file_name: str
    published_at: UtcTime | None
    rows: int | None
    is_live: bool
    is_kept: bool
    run_path: str | None
    origin_id: int | None
    actor: str | None
    reason: str | None
    uploaded_by: str | None

    @classmethod
    def of(cls, version: Version) -> VersionView:
        """From the ledger and the audit trail."""
        shown = {name: getattr(version, name) for name in cls.model_fields if name != "run_path"}
        return cls(**shown, run_path=run_path(version.run_id, version.kind or ""))


class ColumnChanges(BaseModel):
    """How many values of a column differ."""

    column: str
    changes: int


def _most_first(changes: Mapping[str, int]) -> list[dict[str, object]]:
    ordered = sorted(changes.items(), key=lambda item: (-item[1], item[0]))
    return [{"column": name, "changes": count} for name, count in ordered]


class CellView(View):
    """One value that differs; values are text as stored in the database, null for NULL."""

    column: str
    before: _Cell
    after: _Cell


class ChangedRowView(View):
    """A row with the same key in both versions."""

    key: tuple[_Cell, ...]
    cells: tuple[CellView, ...]


class DiffView(View):
    """How a table's rows changed; the samples have at most 100 rows of each kind, in the order of ``columns``.

    ``keys`` are the columns by which rows were matched; empty: whole rows were compared, and ``note`` says why.
    """

    table: str
    before: str
    after: str
    keys: tuple[str, ...]
    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    unchanged: int
    columns: tuple[str, ...]
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    column_changes: Annotated[tuple[ColumnChanges, ...], BeforeValidator(_most_first)]
    added_sample: tuple[tuple[_Cell, ...], ...]
    removed_sample: tuple[tuple[_Cell, ...], ...]
    changed_sample: tuple[ChangedRowView, ...]
    note: str


class TakeBackRequest(BaseModel):
    """Why an append is taken back. Repeating a ``request_id`` changes nothing and returns the same answer.

    ``accept_orphans``: also where rows of other tables refer to nothing afterwards, if ``on_orphans`` is ``hold``.
    """

    model_config = ConfigDict(extra="forbid")

    reason: CellText
    request_id: _RequestId = ""
    accept_orphans: bool = False

    @property
    def run_id(self) -> str:
        """The id that the ledger stores; ``""`` for a new one."""
        return f"{PAGE_RUN}{self.request_id}" if self.request_id else ""


class RollbackRequest(TakeBackRequest):
    """Which version to restore. ``expected_version`` is the live version on which the decision was based."""

    version: int = Field(ge=0, le=2**31 - 1)
    expected_version: int | None = Field(default=None, ge=0, le=2**31 - 1)
