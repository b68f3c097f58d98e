-- Purpose: checks whether a load is already published, and by which attempt.
-- Parameters: id.
-- Result: status, attempt, rows_loaded, version_id.
SELECT status, attempt, rows_loaded, version_id
FROM [ref].[File_Monitor_Tracking]
WHERE id = ?
