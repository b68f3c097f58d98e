-- Purpose: records that a load waits for approval; it keeps its table's turn without sending heartbeats.
-- Parameters: heartbeat_at, id, attempt.
-- Result: none; the count of changed rows is 1 when the attempt held the turn.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'review', heartbeat_at = ?, rows_staged = NULL
WHERE id = ? AND attempt = ? AND status = 'processing'
