-- Purpose: records that the load ended without effect, as error or cancelled.
-- Parameters: status, error_category, error_what, error_where, error_advice, error_message, processed_at, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET status = ?, error_category = ?, error_what = ?, error_where = ?, error_advice = ?, error_message = ?,
    processed_at = ?
WHERE id = ? AND status IN ('pending', 'processing', 'review', 'error', 'cancelled')
