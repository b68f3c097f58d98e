-- Purpose: adds the ledger's column for the number of the rows of a load that the table did not have, where they were compared. Safe
--   to run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'rows_inserted') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD rows_inserted BIGINT NULL
