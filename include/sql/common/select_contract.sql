-- Purpose: what was known of a table's files at a version: the newest row that is not of a later one.
-- Parameters: table_name, version_id, table_name.
-- Result: version_id, load_id, recorded_at, document; no row where nothing was learned yet.
SELECT version_id, load_id, recorded_at, document
FROM [ref].[Reference_Data_Contract]
WHERE version_id = (
    SELECT MAX(version_id) FROM [ref].[Reference_Data_Contract] WHERE table_name = ? AND version_id <= ?
) AND table_name = ?
