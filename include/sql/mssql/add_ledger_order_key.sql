-- Purpose: adds the ledger's column for the sort key by which the files of one table are loaded. Safe to run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'order_key') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD order_key NVARCHAR(300) COLLATE Latin1_General_BIN2 NULL
