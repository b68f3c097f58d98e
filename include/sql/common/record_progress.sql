-- Purpose: records a heartbeat and the number of rows staged so far.
-- Parameters: heartbeat_at, rows_staged, id, attempt.
-- Result: none; the count of changed rows is 0 when this attempt no longer holds the turn.
UPDATE [ref].[File_Monitor_Tracking]
SET heartbeat_at = ?, rows_staged = ?
WHERE id = ? AND attempt = ? AND status = 'processing'
