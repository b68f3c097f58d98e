-- Purpose: finds the unique indexes of a live table whose keys cover all of its rows.
-- Parameters: schema, table.
-- Result: name, column_name, is_clustered (0 or 1; 0 on Babelfish); in the order of the key's columns. Babelfish adds the table's name and a hash to the name.
-- The table's id is looked up first: some servers compute the catalog of all tables before they compare names.
DECLARE @table INT = (
    SELECT t.object_id FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE s.name = ? AND t.name = ?
);
SELECT CAST(i.name AS NVARCHAR(128)) AS name, CAST(c.name AS NVARCHAR(128)) AS column_name,
    CASE WHEN i.type = 1 THEN 1 ELSE 0 END AS is_clustered
FROM sys.indexes AS i
JOIN sys.index_columns AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id
JOIN sys.all_columns AS c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
WHERE i.object_id = @table AND i.is_unique = 1 AND i.has_filter = 0 AND ic.is_included_column = 0
ORDER BY i.index_id, ic.key_ordinal
