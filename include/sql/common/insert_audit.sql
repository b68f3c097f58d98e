-- Purpose: adds an entry to the audit trail.
-- Parameters: happened_at, action, actor, table_name, load_id, version_id, subject, reason, detail (JSON).
-- Result: none.
INSERT INTO [ref].[Reference_Data_Audit]
    (happened_at, action, actor, table_name, load_id, version_id, subject, reason, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
