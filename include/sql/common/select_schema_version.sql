-- Purpose: the last step of refdata's own schema that this database has had.
-- Parameters: none. Result: version; NULL when it had none.
SELECT MAX(version) AS version FROM [ref].[Reference_Data_Schema]
