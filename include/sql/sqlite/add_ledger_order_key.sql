-- Purpose: adds the ledger's column for the sort key by which the files of one table are loaded. Run once, by its
--   schema step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN order_key NVARCHAR(300)
