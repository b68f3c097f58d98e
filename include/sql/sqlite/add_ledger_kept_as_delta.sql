-- Purpose: adds the ledger's column that says whether only the rows that a load removed or replaced are kept of the version
--   before it. Run once, by its schema step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN kept_as_delta INTEGER
