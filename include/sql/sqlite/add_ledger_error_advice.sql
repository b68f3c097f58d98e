-- Purpose: adds the ledger's column for what to do about a failed load. Run once, by its schema step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN error_advice TEXT
