-- Purpose: the rows of files that no archive holds yet as far as the ledger knows, for `refdata doctor`.
-- Parameters: none.
-- Result: no row or more, oldest first, with the columns listed.
SELECT id, file_path, file_name, status, load_type, table_name, is_reference_data, attempt, created_at,
    processed_at, file_size, file_hash, file_mtime_ns, file_identity, rows_read, rows_staged, rows_loaded,
    rows_rejected, error_category, error_message, warnings, dag_run_id, version_id, load_method,
    started_at, loaded_at, detected_delimiter, detected_encoding, detected_headers, heartbeat_at
FROM [ref].[File_Monitor_Tracking]
WHERE status IN ('pending', 'processing', 'review', 'loaded')
  OR (status <> 'completed' AND (file_path LIKE 'reference_data_table/%' OR file_path LIKE 'none_reference_data_table/%'))
ORDER BY id
