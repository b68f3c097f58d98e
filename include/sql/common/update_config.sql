-- Purpose: brings a reference table's row up to date; is_enabled belongs to people and stays.
-- Parameters: sp_name, source_db, source_schema, source_table, updated_at, ref_name.
-- Result: none.
UPDATE [ref].[Reference_Data_Cfg]
SET sp_name = ?, source_db = ?, source_schema = ?, source_table = ?, updated_at = ?
WHERE ref_name = ?
