-- Purpose: records that the file was gone before its load. If it was refused and archived meanwhile, its row is no
--   longer in flight and keeps its reason.
-- Parameters: error_category, error_what, error_where, error_advice, error_message, processed_at, id, file_path.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'cancelled', error_category = ?, error_what = ?, error_where = ?, error_advice = ?, error_message = ?,
    processed_at = ?
WHERE id = ? AND file_path = ? AND status IN ('pending', 'processing', 'review')
