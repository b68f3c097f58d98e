-- Purpose: the load gave up for a transient reason; the file waits in the dropoff folder for the watcher.
--   A run that comes late leaves the row to that of the file, handed back or replaced, that is there now.
-- Parameters: error_category, error_what, error_where, error_advice, error_message, id, file_identity.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'pending', error_category = ?, error_what = ?, error_where = ?, error_advice = ?, error_message = ?
WHERE id = ? AND file_identity = ? AND status IN ('pending', 'processing', 'review')
