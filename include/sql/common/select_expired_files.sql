-- Purpose: the loads that ended before a moment without publishing rows or making a version: nothing refers to them.
-- Parameters: processed_at.
-- Result: id, file_path, table_name, processed_at; no row or more, oldest first.
SELECT id, file_path, table_name, processed_at
FROM [ref].[File_Monitor_Tracking]
WHERE processed_at < ? AND version_id IS NULL AND status IN ('error', 'duplicate', 'cancelled')
ORDER BY id
