-- Purpose: one learned contract for each version of a table, found by it. Safe to run again.
-- Parameters: none. Result: none.
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = N'UX_Reference_Data_Contract_version'
               AND object_id = OBJECT_ID(N'[ref].[Reference_Data_Contract]', N'U'))
CREATE UNIQUE INDEX UX_Reference_Data_Contract_version ON [ref].[Reference_Data_Contract] (table_name, version_id)
