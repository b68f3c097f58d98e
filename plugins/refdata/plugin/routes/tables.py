"""Tables, their versions, the differences between two, and rollback."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from refdata.core.errors import ConfigurationError
from refdata.core.naming import fold_name
from refdata.plugin.routes.common import (
    MAX_ID,
    Caller,
    Connect,
    LoadId,
    TableNamed,
    changing,
    failures,
)
from refdata.plugin.routes.rights import Right, require_steward, require_steward_of_load
from refdata.plugin.schemas import Envelope, Metadata
from refdata.plugin.tableschemas import (
    DiffView,
    RollbackRequest,
    TableInfoView,
    TableView,
    TakeBackRequest,
    VersionView,
)
from refdata.versioning.revising import Revised

_VersionNumber = Annotated[int, Query(ge=0, le=MAX_ID)]
_KeyColumn = Annotated[str, Query(max_length=128, pattern=r"^[^\x00]*$")]


def router(connect: Connect) -> APIRouter:
    """``tables`` and everything below it, and ``loads/{load_id}/take-back``."""
    routes = APIRouter()
    _reading(routes, connect)
    _changing(routes, connect)
    return routes


def _reading(routes: APIRouter, connect: Connect) -> None:
    @routes.get("/tables", responses=failures())
    def list_tables() -> Envelope[list[TableView]]:
        """Loaded tables, by name."""
        data = connect()
        views = [TableView.model_validate(summary) for summary in data.tables()]
        named = data.contracts.stewards()
        tables = [view.model_copy(update={"steward": named.get(fold_name(view.table_name), "")}) for view in views]
        return Envelope(data=tables, metadata=Metadata(total=len(tables)))

    @routes.get("/tables/{name}", responses=failures(404))
    def get_table(name: TableNamed) -> Envelope[TableInfoView]:
        """A table's columns, rules and live version."""
        return Envelope(data=TableInfoView.model_validate(connect().table_info(name)))

    @routes.get("/tables/{name}/versions", responses=failures(404))
    def list_versions(name: TableNamed) -> Envelope[list[VersionView]]:
        """A table's versions, newest first: who made each, when, and from which file."""
        versions = [VersionView.of(version) for version in connect().versions(name)]
        return Envelope(data=versions, metadata=Metadata(total=len(versions)))

    @routes.get("/tables/{name}/diff", responses=failures(404))
    def get_diff(
        name: TableNamed,
        a: Annotated[_VersionNumber, Query(description="Number of the version before.")],
        b: Annotated[
            _VersionNumber | None, Query(description="Number of the version after; default: the live one.")
        ] = None,
        key: Annotated[
            list[_KeyColumn] | None, Query(max_length=16, description="Key columns; default: found.")
        ] = None,
    ) -> Envelope[DiffView]:
        """The differences between two versions: counts, changed values by column, and a sample of the rows."""
        try:
            difference = connect().diff(name, a, b, keys=tuple(key or ()))
        except ConfigurationError as error:
            if not key:
                raise
            raise HTTPException(422, str(error)) from error
        return Envelope(data=DiffView.model_validate(difference))


def _changing(routes: APIRouter, connect: Connect) -> None:
    @routes.post("/tables/{name}/rollback", responses=failures(404, 409), dependencies=changing(Right.UNDO))
    def rollback(name: TableNamed, asked: RollbackRequest, user: Caller) -> Envelope[Revised]:
        """Makes an earlier version's rows live again, as a new version, in one transaction."""
        data = connect()
        require_steward(data, name, user)
        done = data.rollback(
            name,
            asked.version,
            reason=asked.reason,
            by=user.get_name(),
            request_id=asked.run_id,
            expected=asked.expected_version,
            accept_orphans=asked.accept_orphans,
        )
        return Envelope(data=done)

    @routes.post("/loads/{load_id}/take-back", responses=failures(404, 409), dependencies=changing(Right.UNDO))
    def take_back(load_id: LoadId, asked: TakeBackRequest, user: Caller) -> Envelope[Revised]:
        """Removes the rows that one append added, as a new version, in one transaction."""
        data = connect()
        require_steward_of_load(data, load_id, user)
        done = data.take_back(
            load_id,
            reason=asked.reason,
            by=user.get_name(),
            request_id=asked.run_id,
            accept_orphans=asked.accept_orphans,
        )
        return Envelope(data=done)
