"""Downloads. They are files, not answers in the one shape, so they are beside the API."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import IO, Annotated, BinaryIO
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from refdata.plugin.routes.common import MAX_ID, Connect, LoadId, TableNamed

_CHUNK = 64 * 1024
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")

_VersionNumber = Annotated[int, Query(ge=0, le=MAX_ID)]


class FileForm(StrEnum):
    """What a download is written as."""

    CSV = "csv"
    XLSX = "xlsx"


_TYPES = {
    FileForm.CSV: "text/csv",
    FileForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_ANYTHING = "application/octet-stream"


def download_router(connect: Connect) -> APIRouter:
    """Everything below ``download``: tables, versions and differences, and what was dropped."""
    router = APIRouter(include_in_schema=False, prefix="/download")
    _tables(router, connect)
    _loads(router, connect)
    return router


def _tables(router: APIRouter, connect: Connect) -> None:
    @router.get("/{name}")
    def download(
        name: TableNamed, version: _VersionNumber | None = None, form: FileForm = FileForm.CSV
    ) -> StreamingResponse:
        """A table, or one of its versions, under a name that leads back to the table."""
        rows = connect().rows
        write = rows.export_workbook if form is FileForm.XLSX else rows.export
        return _sent(lambda file: _named(name, form, write(name, file, version)), _TYPES[form])

    @router.get("/{name}/difference")
    def download_difference(
        name: TableNamed, a: _VersionNumber, b: _VersionNumber | None = None, form: FileForm = FileForm.CSV
    ) -> StreamingResponse:
        """Every row that differs between two versions; without ``b`` up to the live one."""
        rows, workbook = connect().rows, form is FileForm.XLSX
        shown = f"{name}_{a}_to_{'live' if b is None else b}"
        return _sent(
            lambda file: _named(shown, form, rows.export_difference(name, a, b, file, workbook=workbook)), _TYPES[form]
        )


def _loads(router: APIRouter, connect: Connect) -> None:
    @router.get("/loads/{load_id}/original")
    def download_original(load_id: LoadId) -> StreamingResponse:
        """The file as it was dropped."""
        return _sent(lambda file: connect().archive.original(load_id, file), _ANYTHING)

    @router.get("/loads/{load_id}/rejects")
    def download_rejects(load_id: LoadId, form: FileForm = FileForm.CSV) -> StreamingResponse:
        """The rejected lines with their reasons."""

        def write(file: BinaryIO) -> str:
            name = connect().archive.export_rejects(load_id, file, workbook=form is FileForm.XLSX)
            return f"{name.removesuffix('.csv')}.{form}"

        return _sent(write, _TYPES[form])

    @router.get("/loads/{load_id}/fix")
    def download_fixable(load_id: LoadId) -> StreamingResponse:
        """A file to correct and drop again."""
        return _sent(lambda file: connect().archive.export_fixable(load_id, file), _ANYTHING)


def _sent(write: Callable[[BinaryIO], str], kind: str) -> StreamingResponse:
    """What ``write`` writes, under the name that it returns.

    On disk first: a slow reader must not keep loads waiting, and an error must not end half a file.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    try:
        name = write(file)
        size = file.seek(0, 2)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = {"Content-Disposition": disposition(name), "Content-Length": str(size)}
    return StreamingResponse(_chunks(file), media_type=kind, headers=headers)


def _named(shown: str, form: FileForm, _rows: int) -> str:
    return f"{safe_name(shown)}.{form}"


def disposition(name: str) -> str:
    """The header that names a download: a name that every system accepts, and the true one where it differs.

    >>> disposition("a.csv"), disposition('a"ö.csv')
    ('attachment; filename="a.csv"', 'attachment; filename="a_.csv"; filename*=UTF-8\\'\\'a%22%C3%B6.csv')
    """
    plain = safe_name(name)
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{exact}'


def safe_name(table: str) -> str:
    """A file's name that every system accepts, and that leads back to the table.

    >>> safe_name("countries"), safe_name('a"b/c')
    ('countries', 'a_b_c')
    """
    return _UNSAFE.sub("_", table).strip(".") or "table"


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
