"""The rows of tables and of their versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from refdata.core.browsing import MAX_CONDITIONS
from refdata.plugin.routes.common import MAX_ID, Connect, PageSize, TableNamed, failures
from refdata.plugin.rowschemas import RowHistoryView, RowPageView, read_condition, read_identity, read_position
from refdata.plugin.schemas import Envelope, Metadata
from refdata.versioning.finding import Found

_VersionOf = Annotated[
    int | None, Query(ge=0, le=MAX_ID, description="Number of the version; default: the live table.")
]
Filter = Annotated[str, Query(max_length=1_000, pattern=r"^[^\x00]*$")]
_Filters = Annotated[
    list[Filter] | None,
    Query(
        max_length=MAX_CONDITIONS,
        description='Conditions that all rows meet, each as JSON: `["name", "contains", "Nam"]`. There are contains,'
        ' is, isnot, from, to, empty and filled; the last two need `""` as their value.',
    ),
]
_RowSearch = Annotated[
    str, Query(max_length=255, pattern=r"^[^\x00]*$", description="Text that some column of a row contains.")
]
_SortBy = Annotated[
    str,
    Query(max_length=129, pattern=r"^[^\x00]*$", description="Column to sort by; a leading minus means descending."),
]
_PATIENCE = 0.25
"""Seconds for which a search is awaited, so that a person sees how far it is."""
_After = Annotated[str, Query(max_length=8_000, pattern=r"^[\w-]*$", description="`next` of the page before.")]


@contextmanager
def bad_request() -> Iterator[None]:
    """What a caller wrote wrongly, as 422.

    :raises HTTPException: for a ``ValueError``.
    """
    try:
        yield
    except ValueError as error:
        raise HTTPException(422, str(error)) from error


def router(connect: Connect) -> APIRouter:
    """``tables/{name}/rows``, ``tables/{name}/row`` and ``find``."""
    routes = APIRouter()

    @routes.get("/find", responses=failures())
    def find_rows(
        text: Annotated[str, Query(min_length=1, max_length=255, pattern=r"^[^\x00]*$", description="Text to find.")],
        after: Annotated[
            str, Query(max_length=128, pattern=r"^[^\x00]*$", description="`next` of the part before.")
        ] = "",
    ) -> Envelope[Found]:
        """Rows of any table that contain a text: a part of the answer after at most about a second, `next` for more."""
        with bad_request():
            return Envelope(data=connect().rows.find(text, after=after))

    @routes.get("/tables/{name}/rows", responses=failures(404))
    def list_rows(
        name: TableNamed,
        version: _VersionOf = None,
        filter: _Filters = None,  # noqa: A002  the parameter's name in the address
        search: _RowSearch = "",
        sort: _SortBy = "",
        after: _After = "",
        limit: PageSize = 50,
    ) -> Envelope[RowPageView]:
        """A page of a table's rows. Nothing is counted: `table_rows` is what the ledger recorded for the version.

        A text that few rows contain is sought for about a quarter of a second: a page that `is_partial` has the rows
        found so far, and `next` goes on behind the `searched` ones. `next` is null when all rows were read.
        """
        rows = connect().rows
        with bad_request():
            page = rows.page(
                name,
                version,
                conditions=[read_condition(one) for one in filter or ()],
                search=search.strip(),
                sort=sort.removeprefix("-"),
                descending=sort.startswith("-"),
                limit=limit,
                after=read_position(after) if after else None,
                patience=_PATIENCE,
            )
        view = RowPageView.of(page, rows.described(name), rows.identified_by(page))
        is_whole = not filter and not search.strip()
        return Envelope(data=view, metadata=Metadata(total=page.table_rows if is_whole else None, limit=limit))

    @routes.get("/tables/{name}/row", responses=failures(404))
    def get_row(
        name: TableNamed,
        where: Annotated[
            str,
            Query(max_length=60_000, description='The row, as JSON: `{"code": "AT"}`; of a cut text what was shown.'),
        ],
    ) -> Envelope[RowHistoryView]:
        """One row with its whole values, and the versions that changed it, with the file and the people behind each."""
        with bad_request():
            return Envelope(data=RowHistoryView.of(connect().rows.history(name, read_identity(where))))

    return routes
