-- Purpose: reads how many rows a table has from the catalog, without counting them.
-- Parameters: schema, table.
-- Result: row_count; 0 where the catalog does not say (Babelfish).
SELECT CAST(COALESCE(SUM(p.rows), 0) AS BIGINT) AS row_count
FROM sys.partitions AS p
JOIN sys.tables AS t ON t.object_id = p.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE s.name = ? AND t.name = ? AND p.index_id IN (0, 1)
