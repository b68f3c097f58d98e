-- Purpose: adds the ledger's column for the description of what a load changed in its table. Safe to run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'table_changes') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD table_changes NVARCHAR(MAX) NULL
