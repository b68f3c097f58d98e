-- Purpose: gives a reference table's row its new name; runs in the transaction that renames the table.
-- Parameters: new name, new source_table, updated_at, ref_name.
-- Result: none; 0 rows if it has no row.
UPDATE [ref].[Reference_Data_Cfg] SET ref_name = ?, source_table = ?, updated_at = ? WHERE ref_name = ?
