-- Purpose: updates a reference table's row; is_enabled is set by people and stays unchanged.
-- Parameters: sp_name, source_db, source_schema, source_table, updated_at, ref_name.
-- Result: none.
UPDATE [ref].[Reference_Data_Cfg]
SET sp_name = ?, source_db = ?, source_schema = ?, source_table = ?, updated_at = ?
WHERE ref_name = ?
