-- Purpose: adds the ledger's column for where a load failed: the file, line, column, table, setting or server. Run
--   once, by its schema step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN error_where TEXT
