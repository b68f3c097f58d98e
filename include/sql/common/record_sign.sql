-- Purpose: records a heartbeat while the database works; the number of staged rows is unknown then.
-- Parameters: heartbeat_at, id, attempt.
-- Result: none; the count of changed rows is 0 when this attempt no longer holds the turn.
UPDATE [ref].[File_Monitor_Tracking]
SET heartbeat_at = ?
WHERE id = ? AND attempt = ? AND status = 'processing'
