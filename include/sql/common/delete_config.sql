-- Purpose: removes a reference table's row; runs in the transaction that deletes the table.
-- Parameters: ref_name.
-- Result: none.
DELETE FROM [ref].[Reference_Data_Cfg] WHERE ref_name = ?
