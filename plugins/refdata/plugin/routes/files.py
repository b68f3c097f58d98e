"""Dropped files and what happened to them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from refdata.core.model import FileStatus
from refdata.ledger import FileOrder
from refdata.plugin.routes.common import Connect, LoadId, Offset, PageSize, StepsOf, failures
from refdata.plugin.schemas import Envelope, FileView, Metadata, StoryView
from refdata.plugin.tableschemas import DiffView

_Search = Annotated[
    str, Query(max_length=255, pattern=r"^[^\x00]*$", description="Text within a file's or a table's name.")
]
_Sort = Annotated[
    str,
    Query(
        pattern=f"^-?({'|'.join(FileOrder)})$",
        description="Column to sort by; a leading minus means descending.",
    ),
]


def router(connect: Connect, steps_of: StepsOf) -> APIRouter:
    """``files``, ``files/{load_id}`` and ``counts``."""
    routes = APIRouter()

    @routes.get("/files", responses=failures())
    def list_files(
        status: FileStatus | None = None,
        search: _Search = "",
        limit: PageSize = 50,
        offset: Offset = 0,
        sort: _Sort = "-id",
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
        metadata = Metadata.of_page(page.total, limit, offset, counts=dict(page.counts))
        return Envelope(data=[FileView.of(row) for row in page.files], metadata=metadata)

    @routes.get("/files/{load_id}", responses=failures(404))
    def get_file(load_id: LoadId) -> Envelope[StoryView]:
        """One file's whole history: what was found, what was changed, each step, and how it ended."""
        data = connect()
        story = data.story(load_id)
        if story is None:
            raise HTTPException(404, f"There is no load {load_id}")
        steps = steps_of(story.file.dag_run_id) if story.file.dag_run_id else ()
        return Envelope(data=StoryView.of(story, steps, data.settings))

    @routes.get("/files/{load_id}/diff", responses=failures(404))
    def get_held_diff(load_id: LoadId) -> Envelope[DiffView]:
        """The changes that a load waiting for approval would make: counts, changed values by column, sample rows."""
        return Envelope(data=DiffView.model_validate(connect().held_diff(load_id)))

    @routes.get("/counts", responses=failures())
    def count_files() -> Envelope[dict[FileStatus, int]]:
        """How many files are in each status."""
        return Envelope(data=dict(connect().counts()))

    return routes
