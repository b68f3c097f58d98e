-- Purpose: adds the ledger's column for the number of the rows of a load that the table already had, where they were compared. Safe
--   to run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'rows_unchanged') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD rows_unchanged BIGINT NULL
