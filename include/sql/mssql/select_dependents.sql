-- Purpose: finds the views, procedures, functions and triggers that name a table. Babelfish records none.
-- Parameters: schema, table, schema, table.
-- Result: schema, name, kind.
SELECT DISTINCT CAST(os.name AS NVARCHAR(128)) AS schema_name, CAST(o.name AS NVARCHAR(128)) AS name,
    CAST(o.type_desc AS NVARCHAR(60)) AS kind
FROM sys.sql_expression_dependencies AS d
JOIN sys.objects AS o ON o.object_id = d.referencing_id
JOIN sys.schemas AS os ON os.schema_id = o.schema_id
WHERE (d.referenced_schema_name = ? AND d.referenced_entity_name = ?)
   OR d.referenced_id = (SELECT t.object_id FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id
                         WHERE s.name = ? AND t.name = ?)
ORDER BY schema_name, name
