"""How a connection begins, and how the refusal of a table's change is reported."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from refdata.core.errors import DatabaseError, PermanentError, SchemaError
from refdata.core.model import TableName
from refdata.core.settings import Settings


@contextlib.contextmanager
def change_of(table: TableName) -> Iterator[None]:
    """Turns any refusal of a change that no other error class covers into a SchemaError."""
    try:
        yield
    except DatabaseError as error:
        advice = "Change the table by hand as the message asks, or drop what depends on it; then load the file again."
        raise SchemaError(f"The table could not be changed: {error.what}", where=str(table), advice=advice) from error


@contextlib.contextmanager
def creation_of(table: TableName) -> Iterator[None]:
    """Marks a refusal to create a table, which may be about one of its extras.

    :raises NotCreatedError: instead of the refusal.
    """
    try:
        yield
    except PermanentError as error:
        raise NotCreatedError(error.what, where=str(table), advice=error.advice) from error


class NotCreatedError(SchemaError):
    """A table was not created as planned."""


def vanished(table: TableName) -> SchemaError:
    """The error for a table that somebody dropped."""
    return SchemaError(
        f"Table {table} was dropped during its load",
        where=str(table),
        advice="Load the file again; this creates the table again.",
    )


def prepared(settings: Settings) -> str:
    """The statements that start every connection. A load can retry and a person's query cannot, so the load yields."""
    return (
        "SET XACT_ABORT ON; SET ANSI_NULL_DFLT_ON ON; SET NOCOUNT OFF; SET DEADLOCK_PRIORITY LOW;"
        f" SET LOCK_TIMEOUT {int(settings.lock_timeout * 1000)}"
    )
