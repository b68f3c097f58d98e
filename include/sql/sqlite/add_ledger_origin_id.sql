-- Purpose: the ledger's column for what a rollback or a take-back goes back to: a version, or a load. Run once, by its schema step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN origin_id INT
