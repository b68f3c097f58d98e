-- Purpose: finds what decides whether a live table can be loaded, and how.
-- Parameters: schema, table.
-- Result: temporal_type (0 none, 1 history, 2 current), is_memory_optimized, is_external, is_tracked (by change data
--   capture or replication), instead_triggers (enabled INSTEAD OF triggers), bound_views (schema-bound views and
--   functions), each a number; no row if the table does not exist.
SELECT t.temporal_type, CAST(t.is_memory_optimized AS INT) AS is_memory_optimized,
    CAST(t.is_external AS INT) AS is_external,
    CASE WHEN t.is_tracked_by_cdc = 1 OR t.is_published = 1 OR t.is_replicated = 1 THEN 1 ELSE 0 END AS is_tracked,
    (SELECT COUNT(*) FROM sys.triggers AS g
     WHERE g.parent_id = t.object_id AND g.is_instead_of_trigger = 1 AND g.is_disabled = 0) AS instead_triggers,
    (SELECT COUNT(DISTINCT d.referencing_id) FROM sys.sql_expression_dependencies AS d
     WHERE d.referenced_id = t.object_id AND d.is_schema_bound_reference = 1
       AND d.referencing_id <> t.object_id) AS bound_views
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE s.name = ? AND t.name = ?
