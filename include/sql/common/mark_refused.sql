-- Purpose: a refused file is in its archive: place and reason at once, whatever a second run that came upon the file
--   on its way has made of the row. A load that is published is not refused any more.
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
