"""Uploads: a file is received, examined, then loaded or discarded. Its bytes are the body of the request."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from refdata.core.filetypes import enabled, listed
from refdata.core.model import LoadType
from refdata.core.uploads import MEGABYTE
from refdata.dropoff.quarantine import Incoming
from refdata.plugin.routes.common import MAX_ID, Caller, Connect, LoadId, changing, failures
from refdata.plugin.routes.rights import Right, require_steward, require_steward_of_load
from refdata.plugin.schemas import Envelope, FaultView, Metadata
from refdata.plugin.uploadschemas import (
    ArchivedView,
    DiscardLoadRequest,
    DiscardRequest,
    Dropped,
    LoadRequest,
    PreviewRequest,
    PreviewView,
    RetryRequest,
    TargetTable,
    UploadsView,
    UploadView,
)

_PIECE = MEGABYTE
"""Bytes that are written at once."""
_UploadId = Annotated[int, Path(ge=1, le=MAX_ID, description="Number of the upload.")]
_FileName = Annotated[
    str, Query(min_length=1, max_length=1_000, pattern=r"^[^\x00]+$", description="Name of the file.")
]
_OfTable = Annotated[str, Query(max_length=128, pattern=r"^[^\x00]*$", description="Only those for this table.")]
_ForTable = Annotated[TargetTable, Query(description="Table that the file is for; default: the one of its name.")]
_BODY = {"requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}


def router(connect: Connect) -> APIRouter:
    """``uploads`` and everything below it."""
    routes = APIRouter()
    _receiving(routes, connect)
    _deciding(routes, connect)
    _again(routes, connect)
    return routes


def _receiving(routes: APIRouter, connect: Connect) -> None:
    @routes.get("/uploads", responses=failures())
    def list_uploads(table: _OfTable = "") -> Envelope[UploadsView]:
        """The uploads that wait to be loaded or discarded, oldest first, and what may be uploaded."""
        data = connect()
        views = tuple(UploadView.of(one, data.settings) for one in data.uploads.waiting(table.strip()))
        endings = listed(enabled(data.settings.file_types)).replace(" or ", ", ").split(", ")
        refused = data.uploads.refusal()
        view = UploadsView(
            uploads=views,
            refusal=FaultView.of(refused) if refused else None,
            max_bytes=0 if refused else data.settings.upload_max_mb * MEGABYTE,
            endings=tuple(endings),
        )
        return Envelope(data=view, metadata=Metadata(total=len(views)))

    @routes.post("/uploads", responses=failures(409), dependencies=changing(Right.DROP), openapi_extra=_BODY)
    async def upload(
        request: Request, user: Caller, name: _FileName, table: _ForTable = "", load_type: Dropped = "fullload"
    ) -> Envelope[UploadView]:
        """Receives a file, whose bytes are the request's body. Nothing is loaded, and no table changes."""
        data = await run_in_threadpool(connect)
        announced = request.headers.get("Content-Length", "")
        receiving = data.uploads.receiving(
            name,
            by=user.get_name(),
            size=int(announced) if announced.isascii() and announced.isdecimal() else 0,
            table=table.strip(),
            load_type=LoadType(load_type),
        )
        with ExitStack() as stack:
            incoming = await run_in_threadpool(stack.enter_context, receiving)
            await _write(request, incoming)
            waiting = await run_in_threadpool(data.uploads.finish, incoming)
        return Envelope(data=UploadView.of(waiting, data.settings))


async def _write(request: Request, incoming: Incoming) -> None:
    """Passes the body on in pieces, so that neither memory nor the server's other requests suffer from its size."""
    piece = bytearray()
    async for chunk in request.stream():
        piece += chunk
        if len(piece) >= _PIECE:
            await run_in_threadpool(incoming.write, bytes(piece))
            piece.clear()
    await run_in_threadpool(incoming.write, bytes(piece))


def _deciding(routes: APIRouter, connect: Connect) -> None:
    @routes.post("/uploads/{upload_id}/preview", responses=failures(409), dependencies=changing(Right.DROP))
    def preview_upload(upload_id: _UploadId, asked: PreviewRequest) -> Envelope[PreviewView]:
        """What would happen if the upload were loaded: format, columns, rules, questions, and the difference."""
        data = connect()
        kind = LoadType(asked.load_type) if asked.load_type else None
        waiting, shown = data.uploads.preview(upload_id, table=asked.table.strip(), load_type=kind)
        return Envelope(data=PreviewView.of(waiting, shown, data.settings))

    @routes.post("/uploads/{upload_id}/load", responses=failures(409), dependencies=changing(Right.DROP))
    def load_upload(upload_id: _UploadId, asked: LoadRequest, user: Caller) -> Envelope[UploadView]:
        """Hands the file to the watcher, which loads it like any dropped file."""
        data = connect()
        require_steward(data, data.uploads.table_of(upload_id), user)
        waiting = data.uploads.load(upload_id, by=user.get_name(), live_version_seen=asked.live_version)
        return Envelope(data=UploadView.of(waiting, data.settings))

    @routes.post("/uploads/{upload_id}/discard", responses=failures(409), dependencies=changing(Right.DROP))
    def discard_upload(upload_id: _UploadId, asked: DiscardRequest, user: Caller) -> Envelope[UploadView]:  # noqa: ARG001
        """Deletes the file; no table changes."""
        data = connect()
        require_steward(data, data.uploads.table_of(upload_id), user)
        return Envelope(data=UploadView.of(data.uploads.discard(upload_id, by=user.get_name()), data.settings))


def _again(routes: APIRouter, connect: Connect) -> None:
    @routes.get("/files/{load_id}/archived", responses=failures(404))
    def get_archived(load_id: LoadId) -> Envelope[ArchivedView]:
        """Whether a refused file is still kept, so that it can be looked at again."""
        return Envelope(data=ArchivedView(is_there=connect().uploads.is_kept(load_id)))

    @routes.post("/loads/{load_id}/retry", responses=failures(409), dependencies=changing(Right.DROP))
    def retry_load(load_id: LoadId, asked: RetryRequest, user: Caller) -> Envelope[UploadView]:
        """Makes a refused file an upload, for its own table or another one: it is examined and loaded like any."""
        data = connect()
        require_steward(data, asked.table.strip() or None, user)
        require_steward_of_load(data, load_id, user)
        waiting = data.uploads.retry(load_id, by=user.get_name(), table=asked.table.strip())
        return Envelope(data=UploadView.of(waiting, data.settings))

    @routes.post("/loads/{load_id}/discard", responses=failures(409), dependencies=changing(Right.DROP))
    def discard_load(load_id: LoadId, asked: DiscardLoadRequest, user: Caller) -> Envelope[ArchivedView]:
        """Deletes a refused file and its list of rejected lines; the record of its load stays."""
        data = connect()
        require_steward_of_load(data, load_id, user)
        data.uploads.discard_refused(load_id, by=user.get_name(), reason=asked.reason)
        return Envelope(data=ArchivedView(is_there=False))
