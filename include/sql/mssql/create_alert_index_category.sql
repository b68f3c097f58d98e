-- Purpose: creates the alerts' index on category, unless one leads with that column. Safe to run again.
-- Parameters: none. Result: none.
IF NOT EXISTS (
    SELECT 1
    FROM sys.index_columns AS part
    JOIN sys.columns AS named ON named.object_id = part.object_id AND named.column_id = part.column_id
    WHERE part.object_id = OBJECT_ID(N'[ref].[Reference_Data_Alert]') AND part.key_ordinal = 1 AND named.name = N'category'
)
CREATE INDEX [IX_Reference_Data_Alert_category] ON [ref].[Reference_Data_Alert] (category)
