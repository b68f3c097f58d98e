-- Purpose: assigns a file that is still in flight to a new run (a retry, or a file handed back to the watcher).
-- Parameters: file_size, file_mtime_ns, file_identity, order_key, dag_run_id, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_size = ?, file_mtime_ns = ?, file_identity = ?, order_key = ?, dag_run_id = ?,
    status = 'pending', error_category = NULL, error_what = NULL, error_where = NULL, error_advice = NULL,
    error_message = NULL, processed_at = NULL
WHERE id = ? AND status IN ('pending', 'processing', 'review', 'error', 'cancelled')
