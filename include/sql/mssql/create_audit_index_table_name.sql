-- Purpose: creates the audit trail's index on table_name, unless one leads with that column. Safe to run again.
-- Parameters: none. Result: none.
IF NOT EXISTS (
    SELECT 1
    FROM sys.index_columns AS part
    JOIN sys.columns AS named ON named.object_id = part.object_id AND named.column_id = part.column_id
    WHERE part.object_id = OBJECT_ID(N'[ref].[Reference_Data_Audit]') AND part.key_ordinal = 1 AND named.name = N'table_name'
)
CREATE INDEX [IX_Reference_Data_Audit_table_name] ON [ref].[Reference_Data_Audit] (table_name)
