-- Purpose: creates the index for the answers that a table keeps, unless an index leads with the table's name. Safe to
--   run again.
-- Parameters: none. Result: none.
IF NOT EXISTS (
    SELECT 1
    FROM sys.index_columns AS part
    JOIN sys.columns AS named ON named.object_id = part.object_id AND named.column_id = part.column_id
    WHERE part.object_id = OBJECT_ID(N'[ref].[Reference_Data_Question]') AND part.key_ordinal = 1 AND named.name = N'table_name'
)
CREATE INDEX [IX_Reference_Data_Question_table] ON [ref].[Reference_Data_Question] (table_name, is_kept)
