-- Purpose: deletes the entries of the audit trail that are older than a moment.
-- Parameters: happened_at.
-- Result: none.
DELETE FROM [ref].[Reference_Data_Audit]
WHERE happened_at < ?
