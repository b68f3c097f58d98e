"""The register of reference tables compared with the database, and the audit trail."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from refdata.audit import AuditAction
from refdata.ingest.register import ConfigFinding, ConfigRepair
from refdata.plugin.configschemas import AuditView
from refdata.plugin.routes.common import Caller, Connect, Offset, PageSize, changing, failures
from refdata.plugin.routes.rights import Right
from refdata.plugin.schemas import Envelope, Metadata


def router(connect: Connect) -> APIRouter:
    """``config``, ``config/repair`` and ``audit``."""
    routes = APIRouter()

    @routes.get("/config", responses=failures())
    def check_config() -> Envelope[tuple[ConfigFinding, ...]]:
        """The differences between ``Reference_Data_Cfg``, the tables and the ledger; empty if there are none."""
        findings = connect().config_check()
        return Envelope(data=findings, metadata=Metadata(total=len(findings)))

    @routes.post("/config/repair", responses=failures(), dependencies=changing(Right.ADMINISTER))
    def repair_config(user: Caller) -> Envelope[tuple[ConfigRepair, ...]]:
        """Repairs the rows that refdata maintains; what a person switched off or wrote stays unchanged."""
        done = connect().config_repair(by=user.get_name())
        return Envelope(data=done, metadata=Metadata(total=len(done)))

    @routes.get("/audit", responses=failures())
    def list_audit(
        table: Annotated[
            str | None, Query(max_length=128, pattern=r"^[^\x00]*$", description="Only this table.")
        ] = None,
        action: Annotated[AuditAction | None, Query(description="Only actions of this kind.")] = None,
        by: Annotated[
            str, Query(max_length=255, pattern=r"^[^\x00]*$", description="Text within the name of who did it.")
        ] = "",
        limit: PageSize = 50,
        offset: Offset = 0,
    ) -> Envelope[list[AuditView]]:
        """The actions of people and maintenance on tables, versions and files, newest first."""
        table = (table or "").strip() or None
        views = connect().audit(table, action=action, by=by.strip(), limit=limit, offset=offset)
        metadata = Metadata(page=offset // limit + 1, limit=limit, offset=offset)
        return Envelope(data=[AuditView.model_validate(entry) for entry in views], metadata=metadata)

    return routes
