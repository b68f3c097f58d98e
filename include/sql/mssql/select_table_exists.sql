-- Purpose: finds out whether there is a table.
-- Parameters: schema and table, each in brackets, with a dot between them.
-- Result: is_there (1 or 0).
SELECT CASE WHEN OBJECT_ID(?, N'U') IS NULL THEN 0 ELSE 1 END AS is_there
