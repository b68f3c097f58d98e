"""Tables that people retire, rename or delete, and open again; and what depends on one."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from refdata.plugin.closingschemas import ClosedDownView, ClosedTableView, DeletionRequest, ReasonRequest, RenameRequest
from refdata.plugin.routes.common import Caller, Connect, TableNamed, changing, failures
from refdata.plugin.routes.rights import Right
from refdata.plugin.schemas import Envelope, Metadata
from refdata.tableapi import Dependent


def router(connect: Connect) -> APIRouter:
    """``closed``, and ``retire``, ``reopen``, ``rename``, ``delete`` and ``dependents`` of ``tables/{name}``."""
    routes = APIRouter()
    _reading(routes, connect)
    _changing(routes, connect)
    return routes


def _reading(routes: APIRouter, connect: Connect) -> None:
    @routes.get("/closed", responses=failures())
    def list_closed() -> Envelope[list[ClosedTableView]]:
        """The tables that take no more files, by name."""
        closed = [ClosedTableView.model_validate(one) for one in connect().closing.closed()]
        return Envelope(data=closed, metadata=Metadata(total=len(closed)))

    @routes.get("/tables/{name}/dependents", responses=failures(404))
    def list_dependents(name: TableNamed) -> Envelope[tuple[Dependent, ...]]:
        """What depends on a table: contracts, foreign keys, views and procedures, files that wait for it."""
        found = connect().closing.dependents(name)
        return Envelope(data=found, metadata=Metadata(total=len(found)))


def _changing(routes: APIRouter, connect: Connect) -> None:
    @routes.post("/tables/{name}/retire", responses=failures(404, 409), dependencies=changing(Right.ADMINISTER))
    def retire(name: TableNamed, asked: ReasonRequest, user: Caller) -> Envelope[ClosedDownView]:
        """Closes a table to new files; its rows and versions stay."""
        done = connect().closing.retire(name, reason=asked.reason, by=user.get_name())
        return Envelope(data=ClosedDownView.model_validate(done))

    @routes.post("/tables/{name}/reopen", responses=failures(404, 409), dependencies=changing(Right.ADMINISTER))
    def reopen(name: TableNamed, asked: ReasonRequest, user: Caller) -> Envelope[None]:
        """Lets a retired or deleted table take files again."""
        connect().closing.reopen(name, reason=asked.reason, by=user.get_name())
        return Envelope(data=None)

    @routes.post("/tables/{name}/rename", responses=failures(404, 409), dependencies=changing(Right.ADMINISTER))
    def rename(name: TableNamed, asked: RenameRequest, user: Caller) -> Envelope[ClosedDownView]:
        """Gives a table another name, with its versions, history, answers and contract."""
        done = connect().closing.rename(name, asked.new_name, reason=asked.reason, by=user.get_name())
        return Envelope(data=ClosedDownView.model_validate(done))

    @routes.post("/tables/{name}/delete", responses=failures(404, 409), dependencies=changing(Right.ADMINISTER))
    def delete(name: TableNamed, asked: DeletionRequest, user: Caller) -> Envelope[ClosedDownView]:
        """Drops a table with its rows and all versions; `confirm` repeats its name."""
        if asked.confirm.casefold() != name.casefold():
            raise HTTPException(422, "`confirm` must repeat the name of the table")
        done = connect().closing.delete(name, reason=asked.reason, by=user.get_name())
        return Envelope(data=ClosedDownView.model_validate(done))
