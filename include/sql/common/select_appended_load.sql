-- Purpose: whether this very content is in the table by an append since the last full load, or by that full load.
-- Parameters: table_name, file_hash, table_name.
-- Result: id of that load, or no row.
SELECT id
FROM [ref].[File_Monitor_Tracking]
WHERE table_name = ? AND file_hash = ? AND status IN ('loaded', 'completed')
  AND version_id >= (SELECT COALESCE(MAX(version_id), 0) FROM [ref].[File_Monitor_Tracking]
                     WHERE table_name = ? AND load_type = 'fullload')
