-- Purpose: the rows that an Airflow run worked on.
-- Parameters: dag_run_id.
-- Result: no row or more, oldest first, with the columns listed.
SELECT /* load columns */ *
FROM [ref].[File_Monitor_Tracking]
WHERE dag_run_id = ?
ORDER BY id
