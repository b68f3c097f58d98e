-- Purpose: a retry of a load that holds the turn starts a new attempt; earlier ones are fenced off.
-- Parameters: heartbeat_at, id.
-- Result: none; the count of changed rows is 1 when the load still holds its turn.
UPDATE [ref].[File_Monitor_Tracking]
SET attempt = attempt + 1, heartbeat_at = ?, rows_staged = NULL
WHERE id = ? AND status = 'processing'
