-- Purpose: marks the load as published; runs inside the publishing transaction and is its fence.
-- Parameters: rows_loaded, rows_inserted, rows_updated, rows_unchanged, kept_as_delta, rows_rejected, version_id, load_method,
--   loaded_at, id, attempt.
-- Result: none; the count of changed rows is 1, or the transaction must be rolled back.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'loaded', rows_loaded = ?, rows_inserted = ?, rows_updated = ?, rows_unchanged = ?,
    kept_as_delta = ?, rows_rejected = ?, version_id = ?, load_method = ?, loaded_at = ?
WHERE id = ? AND attempt = ? AND status = 'processing'
