-- Purpose: drops the ledger's index on created_at, with which the index days begins. Safe to run again.
-- Parameters: none. Result: none.
DROP INDEX IF EXISTS [IX_File_Monitor_Tracking_created_at] ON [ref].[File_Monitor_Tracking]
