-- Purpose: counts the files of each day (UTC), for the page's charts. Days without a file are omitted.
-- Parameters: the start of the period.
-- Result: day, files, loads (published), rows loaded, rows rejected, errors, duplicates.
SELECT DATE(created_at) AS day, COUNT(*) AS files,
    SUM(CASE WHEN version_id IS NOT NULL THEN 1 ELSE 0 END) AS loads,
    SUM(COALESCE(rows_loaded, 0)) AS rows_loaded, SUM(COALESCE(rows_rejected, 0)) AS rows_rejected,
    SUM(CASE WHEN status = 'error' THEN 1 ELSE 0 END) AS errors,
    SUM(CASE WHEN status = 'duplicate' THEN 1 ELSE 0 END) AS duplicates
FROM [ref].[File_Monitor_Tracking]
WHERE created_at >= ? AND load_type IN ('fullload', 'append')
GROUP BY DATE(created_at)
ORDER BY DATE(created_at)
