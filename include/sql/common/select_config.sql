-- Purpose: reads a reference table's row in the configuration table.
-- Parameters: ref_name.
-- Result: sp_name, source_db, source_schema, source_table, is_enabled.
SELECT sp_name, source_db, source_schema, source_table, is_enabled
FROM [ref].[Reference_Data_Cfg]
WHERE ref_name = ?
