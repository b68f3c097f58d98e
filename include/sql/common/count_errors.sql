-- Purpose: counts the files that failed since a moment by their error, most frequent first, for the page's overview.
-- Parameters: the start of the period.
-- Result: error_category, files, the newest load.
SELECT COALESCE(error_category, 'internal') AS category, COUNT(*) AS files, MAX(id) AS newest
FROM [ref].[File_Monitor_Tracking]
WHERE created_at >= ? AND status = 'error'
GROUP BY COALESCE(error_category, 'internal')
ORDER BY COUNT(*) DESC, COALESCE(error_category, 'internal')
