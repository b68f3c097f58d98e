-- Purpose: adds the ledger's column for the description of what a load changed in its table. Run once, by its schema
--   step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN table_changes TEXT
