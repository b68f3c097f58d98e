"""The rejected lines of dropped files."""

from __future__ import annotations

from fastapi import APIRouter

from refdata.plugin.archiveschemas import RejectedLinesView
from refdata.plugin.routes.common import Connect, LoadId, Offset, PageSize, failures
from refdata.plugin.schemas import Envelope, Metadata


def router(connect: Connect) -> APIRouter:
    """``files/{load_id}/rejects``."""
    routes = APIRouter()

    @routes.get("/files/{load_id}/rejects", responses=failures(404))
    def list_rejects(load_id: LoadId, limit: PageSize = 50, offset: Offset = 0) -> Envelope[RejectedLinesView]:
        """The lines that were not loaded, with reason and text, and where the fault is."""
        page = connect().archive.rejects(load_id, limit=limit, offset=offset)
        metadata = Metadata(total=page.total, limit=limit, offset=offset, page=offset // limit + 1)
        return Envelope(data=RejectedLinesView.model_validate(page), metadata=metadata)

    return routes
