-- Purpose: counts the entries of the audit trail that are older than a moment.
-- Parameters: happened_at.
-- Result: one row with the number.
SELECT COUNT(*)
FROM [ref].[Reference_Data_Audit]
WHERE happened_at < ?
