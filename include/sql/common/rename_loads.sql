-- Purpose: gives the loads and versions of a table its new name; runs in the transaction that renames the table.
-- Parameters: new name, table_name.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking] SET table_name = ? WHERE table_name = ?
