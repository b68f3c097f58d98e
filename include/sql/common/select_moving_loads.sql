-- Purpose: lists the loads that are not over, for a page that follows them.
-- Parameters: none.
-- Result: id, status, attempt, rows_staged, file_path, file_identity.
SELECT id, status, attempt, rows_staged, file_path, file_identity
FROM [ref].[File_Monitor_Tracking]
WHERE status IN ('pending', 'processing', 'review', 'loaded')
ORDER BY id
