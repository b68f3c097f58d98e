-- Purpose: reads the figures of the loads registered since a moment, for health and report.
-- Parameters: created_at.
-- Result: zero or more rows, oldest first, with the columns listed.
SELECT id, table_name, status, created_at, started_at, loaded_at, processed_at, file_size, rows_loaded, rows_rejected,
    load_method, error_category
FROM [ref].[File_Monitor_Tracking]
WHERE created_at >= ?
ORDER BY id
