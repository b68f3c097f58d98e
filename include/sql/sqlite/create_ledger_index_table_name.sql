-- Purpose: creates the ledger's index on table_name. Safe to run again.
-- Parameters: none. Result: none.
CREATE INDEX IF NOT EXISTS [ref].[IX_File_Monitor_Tracking_table_name] ON [File_Monitor_Tracking] (table_name)
