"""The endpoint for monitors: 200 while nothing fails, else 503, with all checks in both cases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from fastapi import APIRouter, Response
from pydantic import BaseModel

from refdata import health
from refdata.core.errors import FileBusyError
from refdata.core.health import Check, State, failed, worst
from refdata.core.settings import Settings
from refdata.plugin.background import SharedWork
from refdata.plugin.schemas import Envelope, Metadata

LONGEST_LOOK = 60.0
"""Seconds of a look after which nobody waits for it any more; longer than a connection may take."""


class HealthView(BaseModel):
    """All checks, and the worst state among them."""

    state: State
    checks: tuple[Check, ...]


def from_the_api_server() -> Sequence[Check]:
    """All checks as this process sees them; the components from Airflow's own tables, without HTTP."""
    return health.run_checks((*health.LOCAL, _components))


def _components(settings: Settings) -> Iterable[Check]:  # noqa: ARG001  one form for all checks
    from airflow.api.common.airflow_health import get_airflow_health

    return health.component_checks(get_airflow_health())


class _Looks:
    """One look at a time for all who ask: with a drive that hangs, each would keep a thread of the API server."""

    def __init__(self, look: Callable[[], Sequence[Check]]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._work = SharedWork[Sequence[Check]]("health")

    def latest(self) -> Sequence[Check]:
        """The checks, or one that fails because they do not end."""
        with self._lock:
            going, takes = self._work.join(self._look)
        try:
            return going.result(max(0, LONGEST_LOOK - takes))
        except TimeoutError:
            takes = max(takes, LONGEST_LOOK)
            hang = FileBusyError(
                f"The checks have not ended for {takes:.0f} s",
                advice="Check the drive with the dropoff folders and the database: one of them does not answer.",
            )
            return (failed("health", hang),)


def health_router(look: Callable[[], Sequence[Check]] = from_the_api_server) -> APIRouter:
    """``/api/v1/health``."""
    router, looks = APIRouter(prefix="/api/v1", tags=["refdata"]), _Looks(look)

    @router.get("/health", responses={503: {"model": Envelope[HealthView], "description": "A check fails."}})
    def read_health(response: Response, *, as_status: bool = True) -> Envelope[HealthView]:
        """Whether all that loads need is ready, as the API server sees it; with ``as_status`` a failure is a 503."""
        checks = looks.latest()
        view = HealthView(state=worst(checks), checks=tuple(checks))
        if as_status and view.state is State.FAIL:
            response.status_code = 503
        return Envelope(data=view, metadata=Metadata(total=len(checks)))

    return router
