-- Purpose: the ledger's column for the order in which files of one table load, as their source spells it. Run once, by its schema step.
-- Parameters: none. Result: none.
ALTER TABLE [ref].[File_Monitor_Tracking] ADD COLUMN order_key NVARCHAR(300)
