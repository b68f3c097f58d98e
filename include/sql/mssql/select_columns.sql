-- Purpose: reads the columns of a live table from the catalog.
-- Parameters: schema, table.
-- Result: name, type_name, max_length (bytes, -1 for MAX), precision, scale, full_scale (the maximum of the type
--   on this server: 7 for times on SQL Server, 6 on Babelfish), nullable, collation_name (NULL if it is the database's,
--   and on Babelfish, whose collation names no statement accepts), is_identity, is_computed,
--   has_default; in the table's order; no row if the table does not exist.
SELECT CAST(c.name AS NVARCHAR(128)) AS name, COALESCE(base.name, own.name) AS type_name, c.max_length, c.precision, c.scale,
    COALESCE(base.scale, own.scale) AS full_scale, c.is_nullable AS nullable,
    CASE WHEN c.collation_name = CONVERT(NVARCHAR(128), DATABASEPROPERTYEX(DB_NAME(), N'Collation')) THEN NULL
         WHEN c.collation_name LIKE N'bbf%' THEN NULL
         ELSE c.collation_name END AS collation_name,
    c.is_identity, c.is_computed, CASE WHEN c.default_object_id = 0 THEN 0 ELSE 1 END AS has_default
FROM sys.columns AS c
JOIN sys.tables AS t ON t.object_id = c.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.types AS own ON own.user_type_id = c.user_type_id
LEFT JOIN sys.types AS base ON base.user_type_id = c.system_type_id
WHERE s.name = ? AND t.name = ?
ORDER BY c.column_id
