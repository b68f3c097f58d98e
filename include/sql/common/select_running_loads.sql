-- Purpose: lists the loads of a table that have its turn: running, or waiting for approval.
-- Parameters: table_name.
-- Result: id, file_name, status.
SELECT id, file_name, status
FROM [ref].[File_Monitor_Tracking]
WHERE table_name = ? AND status IN ('processing', 'review')
ORDER BY id
