"""The shapes of answers about closed tables, and of requests to close one."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from refdata.core.closedtables import Closure
from refdata.plugin.schemas import CellText, UtcTime, View

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128, pattern=r"^[^\x00]+$")]


class ClosedTableView(View):
    """A table that takes no more files: since when, by whom and why; files for it go to ``new_name``."""

    table_name: str
    state: Closure
    new_name: str | None
    closed_at: UtcTime
    closed_by: str
    reason: str


class ClosedDownView(View):
    """What was done: the table's entry, the rows that are gone, and sentences about what a person should look at."""

    closed: ClosedTableView
    rows: int
    advice: tuple[str, ...]


class ReasonRequest(BaseModel):
    """Why a table is retired or opened again."""

    model_config = ConfigDict(extra="forbid")

    reason: CellText


class RenameRequest(ReasonRequest):
    """The new name of a table, and why."""

    new_name: _Name


class DeletionRequest(ReasonRequest):
    """A deletion, and why; ``confirm`` repeats the table's name."""

    confirm: _Name = Field(description="The name of the table.")
