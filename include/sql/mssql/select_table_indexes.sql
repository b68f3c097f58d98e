-- Purpose: lists the indexes of a table, to find out whether it is a heap.
-- Parameters: schema, table.
-- Result: name (NULL for the heap itself), kind (0 heap, 1 clustered, 2 nonclustered, 5 clustered columnstore). Babelfish
--   lists every table as a heap.
SELECT CAST(i.name AS NVARCHAR(128)) AS name, CAST(i.type AS INT) AS kind
FROM sys.indexes AS i
JOIN sys.tables AS t ON t.object_id = i.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE s.name = ? AND t.name = ?
