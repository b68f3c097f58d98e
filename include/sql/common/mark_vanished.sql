-- Purpose: the file was gone before its load. One that is gone because it was refused and archived meanwhile keeps its
--   reason: its row is in flight no more.
-- Parameters: error_category, error_what, error_where, error_advice, error_message, processed_at, id, file_path.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'cancelled', error_category = ?, error_what = ?, error_where = ?, error_advice = ?, error_message = ?,
    processed_at = ?
WHERE id = ? AND file_path = ? AND status IN ('pending', 'processing', 'review')
