-- Purpose: the ledger's index from which the figures per day are answered without a look at the rows. Safe to run again.
-- Parameters: none. Result: none.
CREATE INDEX IF NOT EXISTS [ref].[IX_File_Monitor_Tracking_days]
ON [File_Monitor_Tracking] (created_at, status, load_type, version_id, rows_loaded, rows_rejected)
