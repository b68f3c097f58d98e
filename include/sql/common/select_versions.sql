-- Purpose: reads a table's history: each published load, rollback and take-back, in the order of its versions.
-- Parameters: table_name.
-- Result: id, version_id, load_type, rows_loaded, loaded_at, file_name, file_hash, dag_run_id, origin_id,
--   version_removed_at, rows_inserted, rows_updated, kept_as_delta, order_key.
SELECT id, version_id, load_type, rows_loaded, loaded_at, file_name, file_hash, dag_run_id, origin_id,
    version_removed_at, rows_inserted, rows_updated, kept_as_delta, order_key
FROM [ref].[File_Monitor_Tracking]
WHERE table_name = ? AND version_id IS NOT NULL
ORDER BY version_id
