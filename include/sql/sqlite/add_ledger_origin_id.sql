-- Purpose: adds the ledger's column for the version or load that a rollback or a take-back returns to. Run once, by
--   its schema step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN origin_id INT
