-- Purpose: adds the ledger's column for what happened in a failed load. Safe to run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'error_what') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD error_what NVARCHAR(MAX) NULL
