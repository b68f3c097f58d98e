"""Builds the plugin's FastAPI application: permissions, headers and errors are handled here for every route."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from refdata import __version__
from refdata.api import ReferenceData
from refdata.core.errors import (
    AirflowAwayError,
    DataError,
    NotInitialisedError,
    RefdataError,
    TransientError,
    unforeseen,
)
from refdata.plugin.downloads import download_router
from refdata.plugin.health_route import health_router
from refdata.plugin.page import page_router
from refdata.plugin.routes import Connect, StepsOf, api_router
from refdata.plugin.routes.common import failures
from refdata.plugin.routes.rights import may_read
from refdata.plugin.runs import steps_of as airflows_steps
from refdata.plugin.schemas import Envelope, FaultView, begin_request
from refdata.reviewing import is_record_away

log = logging.getLogger("refdata.plugin")

# Only Airflow's own address, no inline code, framed only by Airflow. A file's name is always plain text.
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_HTTP_CATEGORIES = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    422: "bad_request",
}


_UNFORESEEN = FaultView(category="internal", message="Unforeseen error; check the API server's log")
_METADATA_AWAY = AirflowAwayError(
    "Airflow's own database does not answer in time",
    advice="Try again. If it recurs, Airflow runs more tasks at once than its database serves: PostgreSQL serves more"
    " than SQLite, and [core] parallelism limits them.",
)


def create_app(connect: Connect = ReferenceData.connect, steps_of: StepsOf = airflows_steps) -> FastAPI:
    """The application that Airflow mounts under ``/refdata``.

    Anyone who may see the runs of ``refdata_load`` may read; what a change requires is stated at its route
    (``rights``). FastAPI's own pages for OpenAPI know no permissions, so the description has its
    own route.

    :param connect: opens the warehouse for a request.
    :param steps_of: the steps of a run, as Airflow knows them.
    """
    app = FastAPI(title="refdata", version=__version__, openapi_url=None, docs_url=None, redoc_url=None)
    for router in (
        api_router(connect, steps_of),
        health_router(),
        page_router(),
        download_router(connect),
        _description(app),
    ):
        app.include_router(router, dependencies=[may_read], responses=failures())
    app.add_exception_handler(RefdataError, _on_refdata_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_bad_request)
    app.middleware("http")(_guarded)
    return app


def _description(app: FastAPI) -> APIRouter:
    router = APIRouter()

    @router.get("/openapi.json", include_in_schema=False)
    def describe() -> dict[str, Any]:
        return app.openapi()

    return router


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Adds the headers; an unforeseen error is logged, and answered without details."""
    begin_request()
    try:
        response = await call_next(request)
    except Exception as error:  # noqa: BLE001  the last resort of every route
        log.error("%s: %s", request.url.path, unforeseen(error))  # noqa: TRY400  the text may quote a row
        response = _failure(503, FaultView.of(_METADATA_AWAY)) if is_record_away(error) else _failure(500, _UNFORESEEN)
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _on_refdata_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefdataError)  # noqa: S101  registered for this class alone
    log.warning("%s: %s", request.url.path, error)
    return _failure(_status_of(error, request.method), FaultView.of(error))


def _status_of(error: RefdataError, method: str) -> int:
    if isinstance(error, (TransientError, NotInitialisedError)):
        return 503
    if isinstance(error, DataError):
        # A read fails because a table or version does not exist; a change because of what exists.
        return 404 if method == "GET" else 409
    return 500


def _on_http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class alone
    fault = FaultView(category=_HTTP_CATEGORIES.get(error.status_code, "http"), message=str(error.detail))
    return _failure(error.status_code, fault, error.headers)


def _on_bad_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this class alone
    message = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
    return _failure(422, FaultView(category="bad_request", message=message))


def _failure(status: int, fault: FaultView, headers: Any = None) -> JSONResponse:
    body = Envelope[None](success=False, error=fault)
    return JSONResponse(body.model_dump(mode="json"), status_code=status, headers=headers)
