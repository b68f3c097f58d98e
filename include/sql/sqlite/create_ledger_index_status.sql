-- Purpose: creates the ledger's index on status. Safe to run again.
-- Parameters: none. Result: none.
CREATE INDEX IF NOT EXISTS [ref].[IX_File_Monitor_Tracking_status] ON [File_Monitor_Tracking] (status)
