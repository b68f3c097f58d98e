-- Purpose: the columns of a live table, as the catalog describes them.
-- Parameters: schema, table.
-- Result: name, type_name, max_length (bytes, -1 for MAX), precision, scale, nullable, collation_name,
--   is_identity, is_computed, has_default; in the table's order, no row where there is no table.
SELECT c.name, COALESCE(base.name, own.name) AS type_name, c.max_length, c.precision, c.scale,
    c.is_nullable AS nullable, c.collation_name, c.is_identity, c.is_computed,
    CASE WHEN c.default_object_id = 0 THEN 0 ELSE 1 END AS has_default
FROM sys.columns AS c
JOIN sys.tables AS t ON t.object_id = c.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.types AS own ON own.user_type_id = c.user_type_id
LEFT JOIN sys.types AS base ON base.user_type_id = c.system_type_id
WHERE s.name = ? AND t.name = ?
ORDER BY c.column_id
