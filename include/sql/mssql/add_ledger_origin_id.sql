-- Purpose: adds the ledger's column for the version or load that a rollback or a take-back returns to. Safe to run
--   again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'origin_id') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD origin_id INT NULL
