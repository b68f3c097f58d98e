-- Purpose: creates the covering index for the list of tables. Safe to run again.
-- Parameters: none. Result: none.
CREATE INDEX IF NOT EXISTS [ref].[IX_File_Monitor_Tracking_versions]
ON [File_Monitor_Tracking] (table_name, version_id, load_type, rows_loaded, loaded_at)
