-- Purpose: the ledger's column for what a rollback or a take-back goes back to: a version, or a load. Safe to run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'origin_id') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD origin_id INT NULL
