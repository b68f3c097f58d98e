-- Purpose: a page of the ledger, newest first, for the page and the command line. The ORDER BY line is
--   replaced when another order is asked for, so it stays as it is in every engine's file.
-- Parameters: status or NULL twice, text looked for in name or table (LIKE pattern) or NULL three times,
--   rows before the page, rows of the page.
-- Result: the columns listed.
SELECT id, file_path, file_name, status, load_type, table_name, is_reference_data, attempt, created_at,
    processed_at, file_size, file_hash, file_mtime_ns, file_identity, rows_read, rows_staged, rows_loaded,
    rows_rejected, error_category, error_message, warnings, dag_run_id, version_id, load_method,
    started_at, loaded_at, detected_delimiter, detected_encoding, detected_headers
FROM [ref].[File_Monitor_Tracking]
WHERE (? IS NULL OR status = ?)
  AND (? IS NULL OR file_name LIKE ? ESCAPE N'\' OR table_name LIKE ? ESCAPE N'\')
ORDER BY id DESC
OFFSET ? ROWS FETCH NEXT ? ROWS ONLY
