"""Who may do what on the page: Airflow's auth manager decides, by rights that it has anyway.

| right | is the right to |
| --- | --- |
| read | see the runs of ``refdata_load`` |
| drop | start runs of ``refdata_load`` |
| answer | answer required actions of ``refdata_load`` |
| undo | start runs of ``refdata_rollback`` |
| administer | change Airflow's assets, which the tables are |

With ``stewards_only``, a table whose contract names a steward is besides left to that person.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import AssetDetails, DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import get_user, requires_access_asset, requires_access_dag
from fastapi import Depends, HTTPException, Request

from refdata import wiring
from refdata.core.naming import fold_name
from refdata.core.runid import LOAD_DAG, ROLLBACK_DAG

if TYPE_CHECKING:
    from refdata.api import ReferenceData


class Right(StrEnum):
    """What a person may be allowed to do."""

    DROP = "drop"
    ANSWER = "answer"
    UNDO = "undo"
    ADMINISTER = "administer"


def _of_dag(method: ResourceMethod, entity: DagAccessEntity, dag: str) -> Any:
    """A dependency that requires this right. The DAG's id is known only when a request comes: it has a setting."""

    def check(request: Request, user: Annotated[BaseUser, Depends(get_user)]) -> None:
        requires_access_dag(method, entity, wiring.dag_id(dag))(request, user)

    return Depends(check)


may_read = _of_dag("GET", DagAccessEntity.RUN, LOAD_DAG)

_OF_DAGS: dict[Right, tuple[ResourceMethod, DagAccessEntity, str]] = {
    Right.DROP: ("POST", DagAccessEntity.RUN, LOAD_DAG),
    Right.ANSWER: ("PUT", DagAccessEntity.HITL_DETAIL, LOAD_DAG),
    Right.UNDO: ("POST", DagAccessEntity.RUN, ROLLBACK_DAG),
}
REQUIRED = {
    **{right: _of_dag(*asked) for right, asked in _OF_DAGS.items()},
    Right.ADMINISTER: Depends(requires_access_asset("PUT")),
}


def rights_of(user: BaseUser) -> frozenset[Right]:
    """What a person may do, tables aside."""
    manager = get_auth_manager()
    may = {
        right: manager.is_authorized_dag(
            method=method, access_entity=entity, details=DagDetails(id=wiring.dag_id(dag)), user=user
        )
        for right, (method, entity, dag) in _OF_DAGS.items()
    }
    may[Right.ADMINISTER] = manager.is_authorized_asset(method="PUT", details=AssetDetails(), user=user)
    return frozenset(right for right, granted in may.items() if granted)


def steward_over(data: ReferenceData, table: str, user: BaseUser) -> str:
    """The steward to whom the table is left, where that is somebody else than the caller; else ``""``."""
    if not data.settings.stewards_only:
        return ""
    steward = data.contracts.stewards().get(fold_name(table), "")
    own = {fold_name(user.get_name()), fold_name(str(user.get_id()))}
    if not steward or fold_name(steward) in own or Right.ADMINISTER in rights_of(user):
        return ""
    return steward


def require_steward(data: ReferenceData, table: str | None, user: BaseUser) -> None:
    """Checks that the table is not left to somebody else.

    :raises HTTPException: 403, naming the steward.
    """
    if table and (steward := steward_over(data, table, user)):
        raise HTTPException(403, f"Only {steward} may do this: the contract of {table} names that steward")


def require_steward_of_load(data: ReferenceData, load_id: int, user: BaseUser) -> None:
    """``require_steward`` for the table of a load."""
    row = data.file(load_id)
    require_steward(data, row.table_name if row else None, user)
