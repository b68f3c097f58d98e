-- Purpose: switches a reference table's row on or off; runs in the transaction that retires the table or opens it again.
-- Parameters: is_enabled, updated_at, ref_name.
-- Result: none; 0 rows if it has no row.
UPDATE [ref].[Reference_Data_Cfg] SET is_enabled = ?, updated_at = ? WHERE ref_name = ?
