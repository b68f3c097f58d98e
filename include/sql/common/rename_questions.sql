-- Purpose: gives the questions and kept answers of a table its new name; runs in the transaction that renames the table.
-- Parameters: new name, table_name.
-- Result: none.
UPDATE [ref].[Reference_Data_Question] SET table_name = ? WHERE table_name = ?
