-- Purpose: which of the rights that loading needs the login holds.
-- Parameters: none.
-- Result: securable, right_name, held (1, 0, or NULL where there is no such schema).
SELECT N'database' AS securable, N'CREATE TABLE' AS right_name,
    HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'CREATE TABLE') AS held
UNION ALL SELECT N'schema ' + PARSENAME(N'[ref]', 1), N'SELECT', HAS_PERMS_BY_NAME(N'[ref]', N'SCHEMA', N'SELECT')
UNION ALL SELECT N'schema ' + PARSENAME(N'[ref]', 1), N'INSERT', HAS_PERMS_BY_NAME(N'[ref]', N'SCHEMA', N'INSERT')
UNION ALL SELECT N'schema ' + PARSENAME(N'[ref]', 1), N'UPDATE', HAS_PERMS_BY_NAME(N'[ref]', N'SCHEMA', N'UPDATE')
UNION ALL SELECT N'schema ' + PARSENAME(N'[ref]', 1), N'DELETE', HAS_PERMS_BY_NAME(N'[ref]', N'SCHEMA', N'DELETE')
UNION ALL SELECT N'schema ' + PARSENAME(N'[ref]', 1), N'ALTER', HAS_PERMS_BY_NAME(N'[ref]', N'SCHEMA', N'ALTER')
UNION ALL SELECT N'schema ' + PARSENAME(N'[bkp]', 1), N'SELECT', HAS_PERMS_BY_NAME(N'[bkp]', N'SCHEMA', N'SELECT')
UNION ALL SELECT N'schema ' + PARSENAME(N'[bkp]', 1), N'INSERT', HAS_PERMS_BY_NAME(N'[bkp]', N'SCHEMA', N'INSERT')
UNION ALL SELECT N'schema ' + PARSENAME(N'[bkp]', 1), N'UPDATE', HAS_PERMS_BY_NAME(N'[bkp]', N'SCHEMA', N'UPDATE')
UNION ALL SELECT N'schema ' + PARSENAME(N'[bkp]', 1), N'DELETE', HAS_PERMS_BY_NAME(N'[bkp]', N'SCHEMA', N'DELETE')
UNION ALL SELECT N'schema ' + PARSENAME(N'[bkp]', 1), N'ALTER', HAS_PERMS_BY_NAME(N'[bkp]', N'SCHEMA', N'ALTER')
