-- Purpose: creates the covering index for the figures per day. Safe to run again.
-- Parameters: none. Result: none.
CREATE INDEX IF NOT EXISTS [ref].[IX_File_Monitor_Tracking_days]
ON [File_Monitor_Tracking] (created_at, status, load_type, version_id, rows_loaded, rows_rejected)
