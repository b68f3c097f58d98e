"""The caller's rights, so that the page offers only what is allowed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from refdata.plugin.routes.common import MAX_ID, Caller, Connect, failures
from refdata.plugin.routes.rights import Right, rights_of, steward_over
from refdata.plugin.schemas import Envelope


class MeView(BaseModel):
    """Who is calling, and what that person may do: for the table or load of the request, if it names one."""

    name: str
    may_drop: bool = Field(description="Upload, load, re-route, retry and discard files.")
    may_answer: bool = Field(description="Answer questions, and withdraw kept answers.")
    may_undo: bool = Field(description="Roll back, and take an append back.")
    may_administer: bool = Field(description="Retire, rename and delete tables; repair the register.")
    left_to: str = Field(description="The steward to whom alone the table is left; empty for none.")


def router(connect: Connect) -> APIRouter:
    """``me``."""
    routes = APIRouter()

    @routes.get("/me", responses=failures())
    def who_am_i(
        user: Caller,
        table: Annotated[str, Query(max_length=128, pattern=r"^[^\x00]*$", description="For this table.")] = "",
        load: Annotated[int | None, Query(ge=1, le=MAX_ID, description="For the table of this load.")] = None,
    ) -> Envelope[MeView]:
        """The caller's name and rights."""
        rights, left_to = rights_of(user), ""
        if table or load is not None:
            data = connect()
            row = data.file(load) if load is not None else None
            left_to = steward_over(data, row.table_name if row else table, user)
        may = {f"may_{right}": right in rights and not left_to for right in Right}
        return Envelope(data=MeView(name=user.get_name(), left_to=left_to, **may))

    return routes
