-- Purpose: the load gave up for a transient reason; the file waits in the dropoff folder for the watcher.
-- Parameters: error_category, error_message, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'pending', error_category = ?, error_message = ?
WHERE id = ? AND status IN ('pending', 'processing', 'review')
