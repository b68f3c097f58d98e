-- Purpose: drops the ledger's index on table_name, with which the index versions begins. Safe to run again.
-- Parameters: none. Result: none.
DROP INDEX IF EXISTS [IX_File_Monitor_Tracking_table_name] ON [ref].[File_Monitor_Tracking]
