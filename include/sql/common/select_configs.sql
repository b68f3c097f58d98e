-- Purpose: reads the whole configuration table, to compare it with the database.
-- Parameters: none.
-- Result: ref_name, sp_name, source_db, source_schema, source_table, is_enabled, created_by.
SELECT ref_name, sp_name, source_db, source_schema, source_table, is_enabled, created_by
FROM [ref].[Reference_Data_Cfg]
ORDER BY ref_name
