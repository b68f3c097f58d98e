"""How a connection begins, and how the refusal of a table's change is reported."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from refdata.core.errors import PermanentError, SchemaError
from refdata.core.model import TableName
from refdata.core.settings import Settings


@contextlib.contextmanager
def change_of(table: TableName) -> Iterator[None]:
    """Turns any refusal of a change that no other error class covers into a SchemaError."""
    try:
        yield
    except PermanentError as error:
        if type(error) is not PermanentError:
            raise
        advice = "Change the table by hand as the message asks, or drop what depends on it; then clear the task."
        raise SchemaError(f"The table could not be changed: {error.what}", where=str(table), advice=advice) from error


def vanished(table: TableName) -> SchemaError:
    """The error for a table that somebody dropped."""
    return SchemaError(
        f"Table {table} was dropped during its load",
        where=str(table),
        advice="Clear the task align_table; it creates the table again.",
    )


def prepared(settings: Settings) -> str:
    """The statements that start every connection. A load can retry and a person's query cannot, so the load yields."""
    return (
        "SET XACT_ABORT ON; SET ANSI_NULL_DFLT_ON ON; SET NOCOUNT OFF; SET DEADLOCK_PRIORITY LOW;"
        f" SET LOCK_TIMEOUT {int(settings.lock_timeout * 1000)}"
    )
