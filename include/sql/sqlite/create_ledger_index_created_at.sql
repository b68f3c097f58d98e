-- Purpose: creates the ledger's index on created_at. Safe to run again.
-- Parameters: none. Result: none.
CREATE INDEX IF NOT EXISTS [ref].[IX_File_Monitor_Tracking_created_at] ON [File_Monitor_Tracking] (created_at)
