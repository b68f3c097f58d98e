-- Purpose: adds the ledger's column for where a load failed: the file, line, column, table, setting or server. Safe to
--   run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'error_where') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD error_where NVARCHAR(MAX) NULL
