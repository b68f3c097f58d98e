"""The endpoint for monitors: 200 while nothing fails, else 503, with all checks in both cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fastapi import APIRouter, Response
from pydantic import BaseModel

from refdata import health
from refdata.core.health import Check, State, worst
from refdata.core.settings import Settings
from refdata.plugin.schemas import Envelope, Metadata


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


def health_router(look: Callable[[], Sequence[Check]] = from_the_api_server) -> APIRouter:
    """``/api/v1/health``."""
    router = APIRouter(prefix="/api/v1", tags=["refdata"])

    @router.get("/health", responses={503: {"model": Envelope[HealthView], "description": "A check fails."}})
    def read_health(response: Response, *, as_status: bool = True) -> Envelope[HealthView]:
        """Whether all that loads need is ready, as the API server sees it; with ``as_status`` a failure is a 503."""
        checks = look()
        view = HealthView(state=worst(checks), checks=tuple(checks))
        if as_status and view.state is State.FAIL:
            response.status_code = 503
        return Envelope(data=view, metadata=Metadata(total=len(checks)))

    return router
