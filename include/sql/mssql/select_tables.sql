-- Purpose: lists the tables of a schema.
-- Parameters: schema.
-- Result: name. The cast keeps every letter on Babelfish, whose sysname reaches some drivers as VARCHAR.
SELECT CAST(t.name AS NVARCHAR(128)) AS name
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE s.name = ?
ORDER BY t.name
