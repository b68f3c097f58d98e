-- Purpose: drops the procedure, so that its current form can be created. Safe to run again.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[sp_refdata_report_files]', N'P') IS NOT NULL DROP PROCEDURE [ref].[sp_refdata_report_files]
