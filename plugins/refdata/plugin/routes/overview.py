"""Figures over time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from refdata.core.limits import MAX_DAYS
from refdata.ledgerreport import Statistics
from refdata.plugin.routes.common import Connect, failures
from refdata.plugin.schemas import Envelope


def router(connect: Connect) -> APIRouter:
    """``statistics``."""
    routes = APIRouter()

    @routes.get("/statistics", responses=failures())
    def get_statistics(
        days: Annotated[int, Query(ge=1, le=MAX_DAYS, description="Days up to and with today, in UTC.")] = 30,
    ) -> Envelope[Statistics]:
        """Files, loads, rows and errors of each day, and errors by category."""
        return Envelope(data=connect().statistics(days))

    return routes
