-- Purpose: adds the ledger's column for the number of the rows of a load that replaced one, where they were compared. Run
--   once, by its schema step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN rows_updated BIGINT
