-- Purpose: reads the last schema step of refdata's own tables in this database.
-- Parameters: none. Result: version; NULL when it had none.
SELECT MAX(version) AS version FROM [ref].[Reference_Data_Schema]
