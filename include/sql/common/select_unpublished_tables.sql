-- Purpose: tables that a load created, or was to create, and that no load has ever given rows.
-- Parameters: none.
-- Result: table_name, id of the last load, the number of loads in flight.
SELECT table_name, MAX(id),
    SUM(CASE WHEN status IN ('pending', 'processing', 'review') THEN 1 ELSE 0 END)
FROM [ref].[File_Monitor_Tracking]
GROUP BY table_name
HAVING MAX(CASE WHEN version_id IS NOT NULL THEN 1 ELSE 0 END) = 0
    AND MAX(CASE WHEN table_changes LIKE 'create %' THEN 1 ELSE 0 END) = 1
ORDER BY table_name
