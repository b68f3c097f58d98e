-- Purpose: the tables of a schema.
-- Parameters: schema.
-- Result: name.
SELECT t.name
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE s.name = ?
ORDER BY t.name
