"""The caller's permissions, so that the page offers only allowed actions."""

from __future__ import annotations

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from fastapi import APIRouter
from pydantic import BaseModel

from refdata.core.runid import LOAD_DAG
from refdata.plugin.routes.common import Caller, failures
from refdata.plugin.schemas import Envelope


class MeView(BaseModel):
    """Who is calling. ``may_change``: rollback, take-back, repair and answers are allowed."""

    name: str
    may_change: bool


def router() -> APIRouter:
    """``me``."""
    routes = APIRouter()

    @routes.get("/me", responses=failures())
    def who_am_i(user: Caller) -> Envelope[MeView]:
        """The caller's name and rights."""
        may_change = get_auth_manager().is_authorized_dag(
            method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id=LOAD_DAG), user=user
        )
        return Envelope(data=MeView(name=user.get_name(), may_change=may_change))

    return routes
