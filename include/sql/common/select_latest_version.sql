-- Purpose: reads the number of a table's live version, 0 before the first load.
-- Parameters: table_name.
-- Result: version_id.
SELECT COALESCE(MAX(version_id), 0) AS version_id
FROM [ref].[File_Monitor_Tracking]
WHERE table_name = ?
