-- Purpose: lets a table take files again.
-- Parameters: table_name.
-- Result: none; 0 rows if it was not closed.
DELETE FROM [ref].[Reference_Data_Closed] WHERE table_name = ?
