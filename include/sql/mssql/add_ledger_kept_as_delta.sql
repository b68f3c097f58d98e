-- Purpose: adds the ledger's column that says whether only the rows that a load removed or replaced are kept of the version
--   before it. Safe to run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'kept_as_delta') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD kept_as_delta BIT NULL
