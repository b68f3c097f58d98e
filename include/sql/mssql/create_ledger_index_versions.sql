-- Purpose: creates the covering index for the list of tables, unless there is
--   one with that second column (Babelfish keeps no index's name as it was given). Safe to run again.
-- Parameters: none. Result: none.
IF NOT EXISTS (
    SELECT 1
    FROM sys.index_columns AS part
    JOIN sys.columns AS named ON named.object_id = part.object_id AND named.column_id = part.column_id
    WHERE part.object_id = OBJECT_ID(N'[ref].[File_Monitor_Tracking]') AND part.key_ordinal = 2 AND named.name = N'version_id'
)
CREATE INDEX [IX_File_Monitor_Tracking_versions]
ON [ref].[File_Monitor_Tracking] (table_name, version_id, load_type, rows_loaded, loaded_at)
