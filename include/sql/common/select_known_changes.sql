-- Purpose: finds what a load, and the last published load of its table, changed in the table, in words.
-- Parameters: id.
-- Result: table_changes, changes_before; each NULL where nothing is recorded.
SELECT own.table_changes, (
    SELECT latest.table_changes
    FROM [ref].[File_Monitor_Tracking] AS latest
    WHERE latest.table_name = own.table_name AND latest.version_id = (
        SELECT MAX(other.version_id) FROM [ref].[File_Monitor_Tracking] AS other WHERE other.table_name = own.table_name
    )
) AS changes_before
FROM [ref].[File_Monitor_Tracking] AS own
WHERE own.id = ?
