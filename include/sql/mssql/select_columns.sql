-- Purpose: reads the columns of a live table from the catalog.
-- Parameters: schema, table.
-- Result: name, type_name, max_length (bytes, -1 for MAX), precision, scale, full_scale (the maximum of the type
--   on this server: 7 for times on SQL Server, 6 on Babelfish), nullable, collation_name (NULL if it is the database's,
--   and on Babelfish, whose collation names no statement accepts), is_identity, is_computed (also a period's
--   columns of a temporal table, which the server fills),
--   has_default, is_utf8 (VARCHAR of a UTF-8 collation), table_name (as the catalog spells it, which may differ in what
--   its collation ignores); in the table's order; no row if the table does not exist.
-- The table's id is looked up first: some servers compute the catalog of all tables before they compare names.
DECLARE @table INT = (
    SELECT t.object_id FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE s.name = ? AND t.name = ?
);
DECLARE @named NVARCHAR(128) = (SELECT t.name FROM sys.tables AS t WHERE t.object_id = @table);
SELECT CAST(c.name AS NVARCHAR(128)) AS name, COALESCE(base.name, own.name) AS type_name, c.max_length, c.precision, c.scale,
    COALESCE(base.scale, own.scale) AS full_scale, c.is_nullable AS nullable,
    CASE WHEN c.collation_name = CONVERT(NVARCHAR(128), DATABASEPROPERTYEX(DB_NAME(), N'Collation')) THEN NULL
         WHEN c.collation_name LIKE N'bbf%' THEN NULL
         ELSE c.collation_name END AS collation_name,
    c.is_identity, CASE WHEN c.is_computed = 1 OR c.generated_always_type <> 0 THEN 1 ELSE 0 END AS is_computed,
    CASE WHEN c.default_object_id = 0 THEN 0 ELSE 1 END AS has_default,
    CASE WHEN UPPER(c.collation_name) LIKE N'%[_]UTF8' THEN 1 ELSE 0 END AS is_utf8,
    @named AS table_name
FROM sys.all_columns AS c
JOIN sys.types AS own ON own.user_type_id = c.user_type_id
LEFT JOIN sys.types AS base ON base.user_type_id = c.system_type_id
WHERE c.object_id = @table
ORDER BY c.column_id
