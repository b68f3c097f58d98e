"""The names of refdata's own tables."""

from __future__ import annotations

from refdata.core.settings import Settings

SCHEMA_TABLE, AUDIT_TABLE = "Reference_Data_Schema", "Reference_Data_Audit"
ALERT_TABLE = "Reference_Data_Alert"
CONTRACT_TABLE, QUESTION_TABLE, CLOSED_TABLE = (f"Reference_Data_{one}" for one in ("Contract", "Question", "Closed"))
"""Names in ``include/sql`` that cannot be changed by a setting."""


def own_tables(settings: Settings) -> tuple[str, ...]:
    """Names of refdata's own tables in the schema of the reference tables; no file can load into them."""
    configured = (settings.ledger_table, settings.config_table)
    return (*configured, SCHEMA_TABLE, AUDIT_TABLE, ALERT_TABLE, CONTRACT_TABLE, QUESTION_TABLE, CLOSED_TABLE)
