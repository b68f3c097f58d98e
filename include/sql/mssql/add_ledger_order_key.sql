-- Purpose: the ledger's column for the order in which files of one table load, as their source spells it. Safe to run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'order_key') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD order_key NVARCHAR(300) COLLATE Latin1_General_BIN2 NULL
