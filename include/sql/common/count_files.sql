-- Purpose: counts the files in each status: all of them, or those that match a search.
-- Parameters: text to search for in name or table (LIKE pattern), or NULL, three times.
-- Result: status, files.
SELECT status, COUNT(*) AS files
FROM [ref].[File_Monitor_Tracking]
WHERE ? IS NULL OR file_name LIKE ? ESCAPE '\' OR table_name LIKE ? ESCAPE '\'
GROUP BY status
ORDER BY status
