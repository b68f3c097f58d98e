-- Purpose: a sign of life while the database works, which says nothing of rows.
-- Parameters: heartbeat_at, id, attempt.
-- Result: none; the count of changed rows is 0 when this attempt no longer holds the turn.
UPDATE [ref].[File_Monitor_Tracking]
SET heartbeat_at = ?
WHERE id = ? AND attempt = ? AND status = 'processing'
