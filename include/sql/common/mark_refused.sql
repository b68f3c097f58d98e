-- Purpose: records the archive path of a refused file and the reason in one statement, even if a second run has changed
--   the row meanwhile. A published load is left unchanged.
-- Parameters: file_path, processed_at, status, error_category, error_what, error_where, error_advice, error_message,
--   id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_path = ?, processed_at = ?,
    status = CASE WHEN status IN ('loaded', 'completed') THEN 'completed' WHEN status = 'duplicate' THEN status
        ELSE ? END,
    error_category = CASE WHEN status IN ('loaded', 'completed', 'duplicate') THEN error_category ELSE ? END,
    error_what = CASE WHEN status IN ('loaded', 'completed', 'duplicate') THEN error_what ELSE ? END,
    error_where = CASE WHEN status IN ('loaded', 'completed', 'duplicate') THEN error_where ELSE ? END,
    error_advice = CASE WHEN status IN ('loaded', 'completed', 'duplicate') THEN error_advice ELSE ? END,
    error_message = CASE WHEN status IN ('loaded', 'completed', 'duplicate') THEN error_message ELSE ? END
WHERE id = ?
