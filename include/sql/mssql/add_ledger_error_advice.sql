-- Purpose: adds the ledger's column for what to do about a failed load. Safe to run again.
-- Parameters: none. Result: none.
IF COL_LENGTH(N'[ref].[File_Monitor_Tracking]', N'error_advice') IS NULL
ALTER TABLE [ref].[File_Monitor_Tracking] ADD error_advice NVARCHAR(MAX) NULL
