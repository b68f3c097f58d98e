-- Purpose: records that the load failed for a transient reason and that its file waits in the dropoff folder for the
--   watcher.
--   A late run changes nothing if the path has another file by now, or the same file handed back.
-- Parameters: error_category, error_what, error_where, error_advice, error_message, id, file_identity.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'pending', error_category = ?, error_what = ?, error_where = ?, error_advice = ?, error_message = ?
WHERE id = ? AND file_identity = ? AND status IN ('pending', 'processing', 'review')
