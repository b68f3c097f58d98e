-- Purpose: reads what was known about a table's files at a version: the newest row up to that version.
-- Parameters: table_name, version_id, table_name.
-- Result: version_id, load_id, recorded_at, document; no row if nothing has been learned yet.
SELECT version_id, load_id, recorded_at, document
FROM [ref].[Reference_Data_Contract]
WHERE version_id = (
    SELECT MAX(version_id) FROM [ref].[Reference_Data_Contract] WHERE table_name = ? AND version_id <= ?
) AND table_name = ?
