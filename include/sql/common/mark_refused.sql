-- Purpose: a refused file lies in its archive: place and reason at once, whatever a second run that came upon the file
--   on its way has made of the row. Of a load that is published nothing is refused any more.
-- Parameters: file_path, processed_at, status, error_category, error_message, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_path = ?, processed_at = ?,
    status = CASE WHEN status IN ('loaded', 'completed') THEN 'completed' WHEN status = 'duplicate' THEN status
        ELSE ? END,
    error_category = CASE WHEN status IN ('loaded', 'completed', 'duplicate') THEN error_category ELSE ? END,
    error_message = CASE WHEN status IN ('loaded', 'completed', 'duplicate') THEN error_message ELSE ? END
WHERE id = ?
