-- Purpose: whether the table's live version is a full load of this very content.
-- Parameters: table_name, table_name, file_hash.
-- Result: id of that load, or no row.
SELECT id
FROM [ref].[File_Monitor_Tracking]
WHERE table_name = ? AND load_type = 'fullload'
  AND version_id = (SELECT MAX(version_id) FROM [ref].[File_Monitor_Tracking] WHERE table_name = ?)
  AND file_hash = ?
