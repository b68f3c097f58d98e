-- Purpose: reports rows and pages of the tables with loaded rows and of their versions, and which of them are heaps.
--   The catalog shows only tables that the login may read or change; no right on the server is needed.
-- Parameters: none.
-- Result: schema_name, table_name, row_count, pages (in use for rows, without large texts), is_heap (0 or 1),
--   widest (most bytes of a row). Babelfish has no sys.allocation_units.
SELECT CAST(s.name AS NVARCHAR(128)) AS schema_name, CAST(t.name AS NVARCHAR(128)) AS table_name,
    SUM(p.rows) AS row_count, SUM(a.used_pages) AS pages,
    MAX(CASE WHEN p.index_id = 0 THEN 1 ELSE 0 END) AS is_heap,
    (SELECT SUM(CASE WHEN c.max_length < 0 THEN 8000 ELSE c.max_length + 3 END) FROM sys.columns AS c
        WHERE c.object_id = t.object_id) AS widest
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.partitions AS p ON p.object_id = t.object_id AND p.index_id IN (0, 1)
JOIN sys.allocation_units AS a ON a.container_id = p.hobt_id AND a.type = 1
WHERE s.name IN (PARSENAME(N'[ref]', 1), PARSENAME(N'[bkp]', 1))
GROUP BY s.name, t.name, t.object_id
ORDER BY s.name, t.name
