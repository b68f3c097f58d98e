-- Purpose: reads the ledger rows that an Airflow run worked on.
-- Parameters: dag_run_id.
-- Result: zero or more rows, oldest first, with the columns listed.
SELECT /* load columns */ *
FROM [ref].[File_Monitor_Tracking]
WHERE dag_run_id = ?
ORDER BY id
