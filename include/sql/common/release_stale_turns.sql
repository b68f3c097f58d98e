-- Purpose: takes the turn from a load of this table that sent no heartbeat; if it publishes later, it is refused.
-- Parameters: table_name, oldest heartbeat that counts.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'pending'
WHERE table_name = ? AND status = 'processing' AND heartbeat_at < ?
