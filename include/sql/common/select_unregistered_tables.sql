-- Purpose: lists loaded reference tables without a row in the configuration table, for `refdata doctor`.
-- Parameters: none.
-- Result: table_name, id of the last load.
SELECT loads.table_name, MAX(loads.id) AS id
FROM [ref].[File_Monitor_Tracking] AS loads
WHERE loads.is_reference_data = 1 AND loads.status IN ('loaded', 'completed')
  AND NOT EXISTS (SELECT 1 FROM [ref].[Reference_Data_Cfg] AS known WHERE known.ref_name = loads.table_name)
GROUP BY loads.table_name
ORDER BY loads.table_name
