-- Purpose: finds what a rollback or take-back did, in case its request is repeated.
-- Parameters: table_name, dag_run_id (the request).
-- Result: id, version_id, rows_loaded, or no row.
SELECT id, version_id, rows_loaded
FROM [ref].[File_Monitor_Tracking]
WHERE table_name = ? AND dag_run_id = ? AND load_type IN ('rollback', 'take_back')
