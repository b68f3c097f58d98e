-- Purpose: the class that a table has by its live version.
-- Parameters: table_name, table_name.
-- Result: is_reference_data; no row for a table without a version.
SELECT last.is_reference_data
FROM [ref].[File_Monitor_Tracking] AS last
WHERE last.table_name = ? AND last.version_id =
    (SELECT MAX(version_id) FROM [ref].[File_Monitor_Tracking] WHERE table_name = ?)
