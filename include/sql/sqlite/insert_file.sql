-- Purpose: registers a dropped file as pending.
-- Parameters: file_path, file_name, file_size, file_mtime_ns, file_identity, order_key, load_type, table_name,
--   is_reference_data, dag_run_id, created_at.
-- Result: id.
INSERT INTO [ref].[File_Monitor_Tracking]
    (file_path, file_name, file_size, file_mtime_ns, file_identity, order_key, load_type,
     table_name, is_reference_data, dag_run_id, created_at, status)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')
RETURNING id
