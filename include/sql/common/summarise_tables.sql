-- Purpose: lists each loaded table that was not deleted, with its last load, for the page and the command line.
-- Parameters: none.
-- Result: table_name, last_loaded_at, files, rows_loaded (of the last load), version_id, last_load_id,
--   rows_live (after the last full load, rollback or take-back, and with what each append since has added), is_reference_data,
--   last_file_name.
SELECT totals.table_name, totals.last_loaded_at, totals.files, last.rows_loaded, totals.version_id, last.id,
    (SELECT SUM(CASE WHEN part.load_type = 'append' THEN COALESCE(part.rows_inserted, part.rows_loaded) ELSE part.rows_loaded END)
     FROM [ref].[File_Monitor_Tracking] AS part
     WHERE part.table_name = totals.table_name AND part.version_id >= totals.first_version) AS rows_live,
    last.is_reference_data, last.file_name
FROM (SELECT table_name, MAX(loaded_at) AS last_loaded_at, SUM(CASE WHEN load_type IN ('fullload', 'append') THEN 1 ELSE 0 END) AS files, MAX(version_id) AS version_id,
          COALESCE(MAX(CASE WHEN load_type <> 'append' THEN version_id END), 0) AS first_version
      FROM [ref].[File_Monitor_Tracking]
      WHERE version_id IS NOT NULL
      GROUP BY table_name) AS totals
JOIN [ref].[File_Monitor_Tracking] AS last
  ON last.table_name = totals.table_name AND last.version_id = totals.version_id
WHERE last.load_type <> 'delete'
ORDER BY totals.table_name
