"""The page itself. Airflow serves mounted static files to anybody, so these are routes with permission checks."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from string import Template

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import HTMLResponse

_ASSETS = Path(__file__).parent / "assets"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def page_router() -> APIRouter:
    """The page and the files that it loads; their address changes with their content."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(Template(_assets()["page.html"].decode()).substitute(digest=_digest()))

    @router.get("/assets/{digest}/{file}")
    def asset(digest: str, file: str) -> Response:
        content = _assets().get(file)
        kind = _TYPES.get(Path(file).suffix)
        if content is None or kind is None:
            raise HTTPException(404, "There is no such file")
        kept = "private, max-age=31536000, immutable" if digest == _digest() else "no-store"
        return Response(content, media_type=kind, headers={"Cache-Control": kept})

    return router


@cache
def _assets() -> dict[str, bytes]:
    """The files by name; a requested name is only looked up here."""
    return {path.name: path.read_bytes() for path in sorted(_ASSETS.iterdir()) if path.is_file()}


@cache
def _digest() -> str:
    return hashlib.sha256(b"\0".join(_assets().values())).hexdigest()[:16]
