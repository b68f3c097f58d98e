-- Purpose: a load of this table that gave no sign of life loses its turn; its late publish is refused.
-- Parameters: table_name, oldest heartbeat that counts.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'pending'
WHERE table_name = ? AND status = 'processing' AND heartbeat_at < ?
