"""The shapes of answers about the register of reference tables and about the audit trail."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from refdata.api import AuditEntry, ConfigFinding, ConfigRepair
from refdata.audit import Action
from refdata.plugin.schemas import UtcTime


class FindingView(BaseModel):
    """One difference, in words. ``is_repairable``: it can be mended without overruling a person."""

    kind: str
    table: str
    what: str
    remedy: str
    is_repairable: bool

    @classmethod
    def of(cls, finding: ConfigFinding) -> FindingView:
        """As the check found it."""
        return cls(**{name: getattr(finding, name) for name in cls.model_fields})


class RepairView(BaseModel):
    """A difference and what came of it; ``left`` says why it is as it was, empty when it is mended."""

    finding: FindingView
    left: str

    @classmethod
    def of(cls, repair: ConfigRepair) -> RepairView:
        """What the repair did."""
        return cls(finding=FindingView.of(repair.finding), left=repair.left)


class AuditView(BaseModel):
    """One deed that is no load. ``detail`` holds figures, never a row's values."""

    id: int
    happened_at: UtcTime
    action: Action
    actor: str
    table_name: str | None
    load_id: int | None
    version_id: int | None
    subject: str | None
    reason: str | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditView:
        """As the trail keeps it."""
        return cls(**{name: getattr(entry, name) for name in cls.model_fields})
