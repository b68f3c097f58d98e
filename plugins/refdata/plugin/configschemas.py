"""The shapes of answers about the register of reference tables and about the audit trail."""

from __future__ import annotations

from typing import Any

from refdata.audit import AuditAction
from refdata.plugin.schemas import UtcTime, View


class AuditView(View):
    """One action other than a load. ``detail`` contains figures, never row values."""

    id: int
    happened_at: UtcTime
    action: AuditAction
    actor: str
    table_name: str | None
    load_id: int | None
    version_id: int | None
    subject: str | None
    reason: str | None
    detail: dict[str, Any]
