-- Purpose: lists the tables that take no more files.
-- Parameters: none.
-- Result: table_name, state, new_name, closed_at, closed_by, reason.
SELECT table_name, state, new_name, closed_at, closed_by, reason
FROM [ref].[Reference_Data_Closed]
ORDER BY table_name
