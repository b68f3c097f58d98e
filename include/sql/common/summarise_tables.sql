-- Purpose: each loaded table with its last load, for the page and the command line.
-- Parameters: none.
-- Result: table_name, last_loaded_at, files, rows_loaded (of the last load), version_id, last_load_id.
SELECT totals.table_name, totals.last_loaded_at, totals.files, last.rows_loaded, totals.version_id, last.id
FROM (SELECT table_name, MAX(loaded_at) AS last_loaded_at, COUNT(*) AS files, MAX(version_id) AS version_id
      FROM [ref].[File_Monitor_Tracking]
      WHERE version_id IS NOT NULL
      GROUP BY table_name) AS totals
JOIN [ref].[File_Monitor_Tracking] AS last
  ON last.table_name = totals.table_name AND last.version_id = totals.version_id
ORDER BY totals.table_name
