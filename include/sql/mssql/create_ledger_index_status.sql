-- Purpose: creates the ledger's index on status, unless one leads with that column. Safe to run again.
-- Parameters: none. Result: none.
IF NOT EXISTS (
    SELECT 1
    FROM sys.index_columns AS part
    JOIN sys.columns AS named ON named.object_id = part.object_id AND named.column_id = part.column_id
    WHERE part.object_id = OBJECT_ID(N'[ref].[File_Monitor_Tracking]') AND part.key_ordinal = 1 AND named.name = N'status'
)
CREATE INDEX [IX_File_Monitor_Tracking_status] ON [ref].[File_Monitor_Tracking] (status)
