-- Purpose: checks whether a load is already published, and by which attempt.
-- Parameters: id.
-- Result: status, attempt, rows_loaded, version_id, rows_inserted, rows_updated, rows_unchanged.
SELECT status, attempt, rows_loaded, version_id, rows_inserted, rows_updated, rows_unchanged
FROM [ref].[File_Monitor_Tracking]
WHERE id = ?
