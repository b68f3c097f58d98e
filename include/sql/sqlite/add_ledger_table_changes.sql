-- Purpose: the ledger's column for what a load changed in its table, in words. Run once, by its schema step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN table_changes TEXT
