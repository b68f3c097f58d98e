-- Purpose: how many files stand in each status.
-- Parameters: none.
-- Result: status, files.
SELECT status, COUNT(*) AS files
FROM [ref].[File_Monitor_Tracking]
GROUP BY status
ORDER BY status
