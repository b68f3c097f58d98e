"""The shapes of answers about the rows of tables, and how requests write conditions and positions."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import astuple
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from refdata.core.browsing import Condition, Operator, Position
from refdata.core.contract import Contract
from refdata.core.model import Column
from refdata.core.rowhistory import RowChange
from refdata.plugin.tableschemas import VersionView
from refdata.versioning.browsing import RowCell, RowPage
from refdata.versioning.rowhistory import RowHistory

_IDENTITY = TypeAdapter(dict[str, str | None])
_CONDITION = TypeAdapter(tuple[str, Operator, str])
_POSITION = TypeAdapter(
    tuple[
        Annotated[list[str | None], Field(max_length=64)],
        Annotated[int, Field(ge=0, lt=2**53)],
        Annotated[int, Field(ge=0, lt=2**53)],
        Annotated[int, Field(ge=0, lt=2**53)],
    ]
)


class RowColumnView(BaseModel):
    """A column of the rows. ``kind`` is its family of types, ``title``, ``description`` and the order and separator of
    dates are those of the contract, where it states them.
    """

    name: str
    type: str
    kind: str
    nullable: bool
    title: str | None
    description: str | None
    date_order: str | None
    date_separator: str | None

    @classmethod
    def of(cls, column: Column, contract: Contract) -> RowColumnView:
        """From the table and what is known about it."""
        known = contract.column(column.name)
        facts = {name: getattr(known, name, None) for name in ("title", "description", "date_order", "date_separator")}
        return cls(name=column.name, type=column.type_name, kind=column.type.kind, nullable=column.nullable, **facts)


class RowPageView(BaseModel):
    """A page of rows.

    ``table_rows``: all rows of the version as the ledger recorded them, not counted now. ``before``: the rows on the
    pages before. ``next`` is the position of the next page, null after the last. ``is_partial``: the search was not
    finished in time; ``searched`` rows were looked through so far.
    """

    table: str
    version: int
    columns: list[RowColumnView]
    identified_by: tuple[str, ...] = Field(description="Columns that identify a row; empty: only all of them do.")
    rows: tuple[tuple[RowCell, ...], ...]
    before: int
    next: str | None
    table_rows: int | None
    is_partial: bool
    searched: int | None

    @classmethod
    def of(cls, page: RowPage, contract: Contract, identified_by: tuple[str, ...]) -> RowPageView:
        """From the rows and what is known about their columns."""
        return cls(
            table=page.table,
            version=page.version,
            columns=[RowColumnView.of(column, contract) for column in page.columns],
            identified_by=identified_by,
            rows=page.rows,
            before=page.before,
            next=written_position(page.next) if page.next else None,
            table_rows=page.table_rows,
            is_partial=page.is_partial,
            searched=page.next.searched if page.is_partial and page.next else None,
        )


class RowStepView(BaseModel):
    """A version that changed the row, and its values then: none after it was removed, several where rows repeat."""

    change: RowChange
    version: VersionView
    rows: tuple[tuple[str | None, ...], ...]


class RowHistoryView(BaseModel):
    """One row: its whole values now, and the versions that changed it, newest first."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    steps: list[RowStepView]
    is_complete: bool

    @classmethod
    def of(cls, history: RowHistory) -> RowHistoryView:
        """From the row in each version."""
        steps = [
            RowStepView(change=step.change, version=VersionView.of(step.version), rows=step.rows)
            for step in history.steps
        ]
        names = tuple(column.name for column in history.columns)
        return cls(table=history.table, columns=names, rows=history.rows, steps=steps, is_complete=history.is_complete)


def read_identity(text: str) -> dict[str, str | None]:
    """The values that identify a row, as a request writes them: ``{"code": "AT"}``.

    :raises ValueError: when the text is not such an object.
    """
    try:
        identity = _IDENTITY.validate_json(text)
    except ValidationError:
        raise ValueError('a row is an object such as {"code": "AT"}; null means NULL') from None
    if any("\0" in part for pair in identity.items() for part in pair if part):
        raise ValueError("a value contains a character that no value has")
    return identity


def read_condition(text: str) -> Condition:
    """A condition as a request writes it: ``["name", "contains", "Nam"]``.

    :raises ValueError: when it is none.
    """
    try:
        return Condition(*_CONDITION.validate_json(text))
    except ValidationError:
        known = ", ".join(Operator)
        raise ValueError(f'a filter is a list such as ["name", "is", "value"]; operators: {known}') from None


def written_position(position: Position) -> str:
    """A position as addresses carry it."""
    text = json.dumps(astuple(position), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_position(text: str) -> Position:
    """The position in an address.

    :raises ValueError: when it is none.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        values, skip, before, searched = _POSITION.validate_json(raw)
    except (binascii.Error, ValidationError, ValueError):
        raise ValueError("the position is not one that refdata gave; begin with the first page") from None
    if any(value is not None and "\0" in value for value in values):
        raise ValueError("the position contains a character that no value has")
    return Position(tuple(values), skip, before, searched)
