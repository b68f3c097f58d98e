"""The endpoints: thin, each one call of ``refdata.api``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query

from refdata.api import MAX_PAGE, FileOrder, ReferenceData
from refdata.core.model import FileStatus
from refdata.plugin.schemas import Envelope, FileView, Metadata, TableView

Search = Annotated[str, Query(max_length=255, description="Text within a file's or a table's name.")]
Sort = Annotated[
    str,
    Query(
        pattern=f"^-?({'|'.join(FileOrder)})$",
        description="Column to sort by; a leading minus means descending.",
    ),
]


def api_router(connect: Callable[[], ReferenceData]) -> APIRouter:
    """The endpoints under ``/api/v1``, on what ``connect`` opens for each request."""
    router = APIRouter(prefix="/api/v1", tags=["refdata"])

    @router.get("/files")
    def list_files(
        status: FileStatus | None = None,
        search: Search = "",
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
        offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
        sort: Sort = "-id",
    ) -> Envelope[list[FileView]]:
        """Dropped files, newest first, with their number in each status."""
        page = connect().history(
            status=status,
            search=search.strip(),
            limit=limit,
            offset=offset,
            order=FileOrder(sort.removeprefix("-")),
            descending=sort.startswith("-"),
        )
        metadata = Metadata(total=page.total, limit=limit, offset=offset, counts=dict(page.counts))
        return Envelope(data=[FileView.of(row) for row in page.files], metadata=metadata)

    @router.get("/files/{load_id}")
    def get_file(load_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Envelope[FileView]:
        """One file's whole row."""
        row = connect().file(load_id)
        if row is None:
            raise HTTPException(404, f"There is no load {load_id}")
        return Envelope(data=FileView.of(row))

    @router.get("/tables")
    def list_tables() -> Envelope[list[TableView]]:
        """Loaded tables, by name."""
        tables = [TableView.of(summary) for summary in connect().tables()]
        return Envelope(data=tables, metadata=Metadata(total=len(tables)))

    @router.get("/counts")
    def count_files() -> Envelope[dict[FileStatus, int]]:
        """How many files stand in each status."""
        return Envelope(data=dict(connect().counts()))

    return router
