-- Purpose: adds the ledger's column for the time at which retention deleted the rows kept under the version. Run once,
--   by its schema step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN version_removed_at DATETIME2
