-- Purpose: checks which of the rights needed for loading the login has.
-- Parameters: none.
-- Result: securable, right_name, held (1, 0, or NULL if the schema does not exist; 0 on Babelfish).
SELECT N'database' AS securable, N'CREATE TABLE' AS right_name,
    HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'CREATE TABLE') AS held
UNION ALL
SELECT N'schema ' + PARSENAME(place.name, 1), needed.name,
    CASE WHEN SCHEMA_ID(PARSENAME(place.name, 1)) IS NOT NULL
        THEN HAS_PERMS_BY_NAME(place.name, N'SCHEMA', needed.name) END
FROM (VALUES (N'[ref]'), (N'[bkp]')) AS place (name)
CROSS JOIN (VALUES (N'SELECT'), (N'INSERT'), (N'UPDATE'), (N'DELETE'), (N'ALTER')) AS needed (name)
