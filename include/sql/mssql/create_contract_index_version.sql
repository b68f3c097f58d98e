-- Purpose: creates the unique index on a table's versions with learned contracts, unless an index leads with
--   the table's name. Safe to run again.
-- Parameters: none. Result: none.
IF NOT EXISTS (
    SELECT 1
    FROM sys.index_columns AS part
    JOIN sys.columns AS named ON named.object_id = part.object_id AND named.column_id = part.column_id
    WHERE part.object_id = OBJECT_ID(N'[ref].[Reference_Data_Contract]') AND part.key_ordinal = 1 AND named.name = N'table_name'
)
CREATE UNIQUE INDEX [UX_Reference_Data_Contract_version]
ON [ref].[Reference_Data_Contract] (table_name, version_id)
