-- Purpose: checks whether a procedure exists, and lists its parameters.
-- Parameters: schema, procedure.
-- Result: parameter_name (with its @); one row with NULL if it has none, no row if it does not exist.
SELECT CAST(declared.name AS NVARCHAR(128)) AS parameter_name
FROM sys.procedures AS p
JOIN sys.schemas AS s ON s.schema_id = p.schema_id
LEFT JOIN sys.all_parameters AS declared ON declared.object_id = p.object_id
WHERE s.name = ? AND p.name = ?
ORDER BY declared.parameter_id
