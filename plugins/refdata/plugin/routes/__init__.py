"""The endpoints under ``/api/v1``: thin, each one call of ``refdata.api``; one module per subject."""

from __future__ import annotations

from fastapi import APIRouter

from refdata.plugin.routes import (
    archive,
    closing,
    config,
    contracts,
    files,
    me,
    now,
    overview,
    questions,
    rows,
    tables,
    uploads,
)
from refdata.plugin.routes.common import Connect, StepsOf

__all__ = ["Connect", "StepsOf", "api_router"]


def api_router(connect: Connect, steps_of: StepsOf) -> APIRouter:
    """All endpoints, on what ``connect`` opens for each request.

    :param steps_of: the steps of a run, as Airflow knows them.
    """
    router = APIRouter(prefix="/api/v1", tags=["refdata"])
    router.include_router(files.router(connect, steps_of))
    router.include_router(archive.router(connect))
    router.include_router(tables.router(connect))
    router.include_router(closing.router(connect))
    router.include_router(contracts.router(connect))
    router.include_router(rows.router(connect))
    router.include_router(questions.router(connect))
    router.include_router(overview.router(connect))
    router.include_router(config.router(connect))
    router.include_router(uploads.router(connect))
    router.include_router(now.router(connect))
    router.include_router(me.router(connect))
    return router
