-- Purpose: adds the ledger's column for the time at which retention deleted the rows kept under the version. Safe to
--   run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'version_removed_at') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD version_removed_at DATETIME2 NULL
