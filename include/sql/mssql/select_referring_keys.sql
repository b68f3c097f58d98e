-- Purpose: finds the foreign keys that forbid to remove or change rows of a live table.
-- Parameters: schema, table.
-- Result: name, child_schema, child_table, column_name (of the child), referenced_name; in the order of the key's columns.
SELECT CAST(f.name AS NVARCHAR(128)) AS name, CAST(cs.name AS NVARCHAR(128)) AS child_schema,
    CAST(c.name AS NVARCHAR(128)) AS child_table, CAST(own.name AS NVARCHAR(128)) AS column_name,
    CAST(other.name AS NVARCHAR(128)) AS referenced_name
FROM sys.foreign_keys AS f
JOIN sys.foreign_key_columns AS fc ON fc.constraint_object_id = f.object_id
JOIN sys.tables AS c ON c.object_id = f.parent_object_id
JOIN sys.schemas AS cs ON cs.schema_id = c.schema_id
JOIN sys.tables AS t ON t.object_id = f.referenced_object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.columns AS own ON own.object_id = fc.parent_object_id AND own.column_id = fc.parent_column_id
JOIN sys.columns AS other ON other.object_id = fc.referenced_object_id AND other.column_id = fc.referenced_column_id
WHERE s.name = ? AND t.name = ? AND f.delete_referential_action = 0 AND f.is_disabled = 0
ORDER BY f.object_id, fc.constraint_column_id
