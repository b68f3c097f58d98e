-- Purpose: records the version that a rollback or a take-back created; runs inside its transaction.
-- Parameters: file_path, file_name, file_hash, load_type, table_name, table_name (for is_reference_data), rows_loaded,
--   version_id, dag_run_id, created_at, started_at, loaded_at, processed_at, origin_id.
-- Result: none.
INSERT INTO [ref].[File_Monitor_Tracking]
    (file_path, file_name, file_hash, load_type, table_name, is_reference_data, rows_loaded, version_id, dag_run_id,
     created_at, started_at, loaded_at, processed_at, origin_id, status)
SELECT ?, ?, ?, ?, ?,
    COALESCE((SELECT MAX(CASE WHEN is_reference_data = 1 THEN 1 ELSE 0 END) FROM [ref].[File_Monitor_Tracking]
              WHERE table_name = ?), 0),
    ?, ?, ?, ?, ?, ?, ?, ?, 'completed'
